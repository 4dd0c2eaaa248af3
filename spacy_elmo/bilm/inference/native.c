/* The products and gates of a biLM on a CPU, for ctypes: no state, no allocation, nothing of Python.

A row of a product is summed in one order, input by input, whatever rows stand beside it. Weights are packed into panels
of four vectors of outputs, (panels, inputs, 4 * width), as native.py says. All memory is the caller's.

A variant is a number: the floats of a vector, plus PAIRED where products take pairs of bfloat16, plus DOTS where the
processor has an instruction for that. Sums are float. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#include <arm_neon.h>
#include <sys/auxv.h>
#define HAS_BFDOT
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed to functions that are inlined */
#endif

#define INTERFACE 3 /* of functions, structures and BLOCK, as native.py has it */
#define CHUNK 128 /* units of a panel that stay in the first cache */
#define BLOCK 96  /* rows that go through a weight at once */
#define PAIRED 32
#define DOTS 64

typedef int64_t i64;

typedef struct {
    const void *input, *hidden, *projection; /* panels; projection may be NULL */
    const float *bias;                       /* of the gates, in the order of their panels */
    const float *h, *c;                      /* what a sentence starts from, padded with zeros */
    float cell_clip, projection_clip;        /* infinity for none */
} Layer;

typedef struct {
    const Layer *layers;
    i64 n_layers, hidden_size, projection_size, skip_connections;
    float *h, *c, *gated;           /* (layers, lanes, projection panels), (layers, lanes, cells), (lanes, cells) */
    float *x, *products, *sums;     /* (block rows, projection panels), (gate panels, block rows, 4 * width), (lanes, 4 * width) */
    void *operands;                 /* (BLOCK or lanes, units of the widest product), with PAIRED */
    i64 n_lanes, block_rows;        /* block_rows >= n_lanes */
    const float *vectors;           /* (distinct words, projection size) */
    const float *table;             /* (gate panels, n_table, 4 * width), the first layer's input products with bias */
    i64 n_table;
    const i64 *word_ids, *ids;      /* of each row: its row of vectors, and of the table */
    const i64 *places;              /* of each row: its row of the outputs */
    const i64 *sizes;               /* lanes of each step, never rising */
    i64 n_steps;
    const i64 *start_offsets, *start_lanes; /* (steps + 1,), which of start_lanes begin anew at a step */
    i64 n_outputs;
    const i64 *output_layers;       /* 0 for the word's vector */
    float *const *outputs;
    i64 output_stride;
} Text;

typedef struct {
    const float *carry, *carry_bias, *transform, *transform_bias;
} Highway;

typedef struct {
    const float *characters;        /* (ids, size) */
    const float *filters, *bias;    /* panels, and by filter */
    const int32_t *widths;          /* by filter, padded with 1 */
    i64 size, window, max_characters, n_filters, uses_tanh;
    const Highway *highways;
    i64 n_highways;
    const float *projection, *projection_bias; /* NULL for none */
    i64 width;                      /* numbers in a word's vector */
    i64 padding;                    /* the id of what fills a word up */
} CharacterCNN;

typedef struct {
    const i64 *ids, *lengths;       /* (words, stride), and how many of them count */
    i64 n_words, stride, block_words;
    float *x;                       /* (block words, max characters + window, size) */
    float *sums;                    /* (max characters, 4 * width) */
    float *a, *b, *c;               /* (block words, filter panels) or, if larger, projection panels */
    float *out;                     /* (words, width) */
} Words;

static inline i64 panels_of(i64 n, i64 width) { return (n + width - 1) / width; }

typedef struct {
    void (*linear)(float *, const float *, i64, i64, const void *, const float *, i64, void *);
    void (*direction)(const Text *);
    void (*characters)(const CharacterCNN *, const Words *); /* NULL with PAIRED */
    void (*activations)(const float *, float *, float *, i64); /* likewise */
} Functions;

#define JOIN(a, b) a##b
#define JOINED(a, b) JOIN(a, b)

#define W 4
#define VARIANT 4
#define TARGET
#include "native_width.h"

#define W 4
#define VARIANT 4p
#define TARGET
#define PAIRS
#include "native_width.h"

#if defined(HAS_BFDOT)
#define W 4
#define VARIANT 4d
#define TARGET __attribute__((target("arch=armv8.2-a+bf16")))
#define PAIRS
#define DOT(sum, x, w) (VF) vbfdotq_f32((float32x4_t)(sum), (bfloat16x8_t)(x), (bfloat16x8_t)(w))
#include "native_width.h"
#endif

#if defined(__x86_64__)
#define W 8
#define VARIANT 8
#define TARGET __attribute__((target("avx2,fma")))
#include "native_width.h"

#define W 8
#define VARIANT 8p
#define TARGET __attribute__((target("avx2,fma")))
#define PAIRS
#include "native_width.h"

#define W 16
#define VARIANT 16
#define TARGET __attribute__((target("avx512f")))
#include "native_width.h"

#if defined(__clang__) || __GNUC__ >= 11
#define HAS_DPBF16
#define W 16
#define VARIANT 16d
#define TARGET __attribute__((target("avx512f,avx512bf16")))
#define PAIRS
#define DOT(sum, x, w) (VF) _mm512_dpbf16_ps((__m512)(sum), (__m512bh)(x), (__m512bh)(w))
#include "native_width.h"
#endif
#endif

/* A library that an earlier build left behind must not be called. */
EXPORT i64 elmo_interface(void) { return INTERFACE; }

/* The functions of a variant that is built for this processor; NULL for others. */
static const Functions *functions(i64 variant) {
    switch (variant) {
        case 4: return &functions4;
        case 4 | PAIRED: return &functions4p;
#if defined(__x86_64__)
        case 8: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &functions8 : NULL;
        case 8 | PAIRED: return functions(8) ? &functions8p : NULL;
        case 16: return __builtin_cpu_supports("avx512f") ? &functions16 : NULL;
#endif
#if defined(HAS_DPBF16)
        case 16 | PAIRED | DOTS: return functions(16) && __builtin_cpu_supports("avx512bf16") ? &functions16d : NULL;
#endif
#if defined(HAS_BFDOT)
        case 4 | PAIRED | DOTS: return getauxval(AT_HWCAP2) & (1 << 14) ? &functions4d : NULL; /* HWCAP2_BF16 */
#endif
        default: return NULL;
    }
}

/* Whether a variant is there. */
EXPORT i64 elmo_has(i64 variant) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    return functions(variant) != NULL;
}

/* y (panels of outputs, rows, 4 * width) = x (rows, inputs) times a packed weight, plus bias. With PAIRED, `memory` is
(BLOCK, units of a row). */
EXPORT void elmo_linear(i64 variant, float *y, const float *x, i64 rows, i64 inputs, const void *weight,
                        const float *bias, i64 outputs, void *memory) {
    functions(variant)->linear(y, x, rows, inputs, weight, bias, outputs, memory);
}

/* Run the layers of one direction over some steps. State comes from h and c and is left there. */
EXPORT void elmo_direction(i64 variant, const Text *text) { functions(variant)->direction(text); }

/* Compute the vectors of words from their characters; not with PAIRED. */
EXPORT void elmo_characters(i64 variant, const CharacterCNN *cnn, const Words *words) {
    functions(variant)->characters(cnn, words);
}

/* y = sigmoid(x) and z = tanh(x) of n numbers, n divisible by the width: for tests; not with PAIRED. */
EXPORT void elmo_activations(i64 variant, const float *x, float *y, float *z, i64 n) {
    functions(variant)->activations(x, y, z, n);
}
