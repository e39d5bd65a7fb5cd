# Splits a Markdown file's fenced blocks into files NNN.LANGUAGE of the folder `to`; a block of text that follows a block
# of sh or c, with nothing but prose between, is what that prints: NNN.expected.
/^```/ && !inside {
    inside = 1
    language = substr($0, 4)
    if (language == "text" && (last == "sh" || last == "c")) file = sprintf("%s/%03d.expected", to, n)
    else file = sprintf("%s/%03d.%s", to, ++n, language == "" ? "plain" : language)
    last = language
    printf "" > file
    next
}
/^```/ { inside = 0; close(file); next }
inside { print > file }
