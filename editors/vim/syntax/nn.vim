" Models of nngen. Copy the folder vim/ into ~/.vim.
if exists("b:current_syntax")
  finish
endif

syntax keyword nnDeclaration model import dim input param const state output loss wrt train test expect
syntax keyword nnDefinition fn layer optimizer return adjoint
syntax keyword nnFlow for in repeat if else carry collect checkpoint as
syntax keyword nnOperator and or not
syntax match nnOperator "|>\|<-\|\*\*\|[-+*/@<>=!]=\?"
syntax match nnDerivative "\<d\ze("
syntax match nnDim "\<\u\w*\>"
syntax match nnCall "\<\l\w*\ze\s*[[(]"
syntax match nnNumber "\<0x\x\+\>"
syntax match nnNumber "\%(\w\|\.\)\@<!\%(\d\+\.\@!\|\d\+\.\d*\|\.\d\+\)\%([eE][-+]\?\d\+\)\?"
syntax region nnString start=+"+ end=+"+ oneline
syntax match nnComment "#.*$" contains=nnTodo
syntax match nnDocument "##.*$" contains=nnTodo
syntax keyword nnTodo contained TODO FIXME

highlight default link nnDeclaration Statement
highlight default link nnDefinition Keyword
highlight default link nnFlow Repeat
highlight default link nnOperator Operator
highlight default link nnDerivative Special
highlight default link nnDim Type
highlight default link nnCall Function
highlight default link nnNumber Number
highlight default link nnString String
highlight default link nnComment Comment
highlight default link nnDocument SpecialComment
highlight default link nnTodo Todo

let b:current_syntax = "nn"
