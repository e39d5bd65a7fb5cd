
#include <stddef.h>
#include <string.h>
#include <math.h>
typedef float v16 __attribute__((vector_size(64)));
typedef float v8  __attribute__((vector_size(32)));
typedef float v4  __attribute__((vector_size(16)));
typedef float v2  __attribute__((vector_size(8)));
typedef float v1;
typedef float u16 __attribute__((vector_size(64),aligned(4),may_alias));
typedef float u8  __attribute__((vector_size(32),aligned(4),may_alias));
typedef float u4  __attribute__((vector_size(16),aligned(4),may_alias));
typedef float u2  __attribute__((vector_size(8),aligned(4),may_alias));
typedef float u1 __attribute__((may_alias));
#define AI static inline __attribute__((always_inline))

#include "nnmath.h"
#ifndef LR
#define LR 1.0f
#endif
#define SG(a) for(int i=0;i<40;i++)((float*)a)[i]=nn_sigf_s(((float*)a)[i]);
float step(const float*restrict x,const float*restrict t,float*restrict W1,float*restrict c1,float*restrict W2,float*restrict c2,float*restrict W3,float*restrict c3,float*restrict W4,float*restrict c4){
 float a1[4][10],a2[4][10],a3[4][10],o[4],d[4],g3[4][10],g2[4][10],g1[4][10];
 for(int b=0;b<4;b++)for(int j=0;j<10;j++)a1[b][j]=c1[j]+x[2*b]*W1[j]+x[2*b+1]*W1[10+j]; SG(a1)
 for(int b=0;b<4;b++){for(int j=0;j<10;j++)a2[b][j]=c2[j];for(int k=0;k<10;k++)for(int j=0;j<10;j++)a2[b][j]+=a1[b][k]*W2[k*10+j];} SG(a2)
 for(int b=0;b<4;b++){for(int j=0;j<10;j++)a3[b][j]=c3[j];for(int k=0;k<10;k++)for(int j=0;j<10;j++)a3[b][j]+=a2[b][k]*W3[k*10+j];} SG(a3)
 for(int b=0;b<4;b++){float z=*c4;for(int k=0;k<10;k++)z+=a3[b][k]*W4[k];o[b]=z;}
 for(int b=0;b<4;b++)o[b]=nn_sigf_s(o[b]);
 float l[4]; for(int b=0;b<4;b++)l[b]=t[b]*nn_logf(o[b])+(1-t[b])*nn_logf(1-o[b]);
 for(int b=0;b<4;b++)d[b]=(o[b]-t[b])*0.25f;
 for(int b=0;b<4;b++)for(int k=0;k<10;k++)g3[b][k]=d[b]*W4[k]*a3[b][k]*(1-a3[b][k]);
 for(int b=0;b<4;b++)for(int k=0;k<10;k++){float s=0;for(int j=0;j<10;j++)s+=g3[b][j]*W3[k*10+j];g2[b][k]=s*a2[b][k]*(1-a2[b][k]);}
 for(int b=0;b<4;b++)for(int k=0;k<10;k++){float s=0;for(int j=0;j<10;j++)s+=g2[b][j]*W2[k*10+j];g1[b][k]=s*a1[b][k]*(1-a1[b][k]);}
 for(int b=0;b<4;b++){for(int k=0;k<10;k++){W4[k]-=LR*d[b]*a3[b][k];c3[k]-=LR*g3[b][k];c2[k]-=LR*g2[b][k];c1[k]-=LR*g1[b][k];W1[k]-=LR*x[2*b]*g1[b][k];W1[10+k]-=LR*x[2*b+1]*g1[b][k];}*c4-=LR*d[b];
  for(int k=0;k<10;k++)for(int j=0;j<10;j++){W3[k*10+j]-=LR*a2[b][k]*g3[b][j];W2[k*10+j]-=LR*a1[b][k]*g2[b][j];}}
 return -0.25f*((l[0]+l[1])+(l[2]+l[3]));}
