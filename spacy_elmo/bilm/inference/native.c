/* The products and gates of a biLM on a CPU, for ctypes: no state, no allocation, nothing of Python.

A row of a product is summed in one order, input by input, whatever rows stand beside it. Weights are packed into panels
of four vectors of outputs, (panels, inputs, 4 * width), as native.py says. All memory is the caller's. */

#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed to functions that are inlined */
#endif

#define INTERFACE 2 /* of functions and structures, as native.py has it */
#define CHUNK 128 /* inputs of a panel that stay in the first cache */
#define BLOCK 96  /* rows that go through a weight at once */

typedef int64_t i64;

typedef struct {
    const float *input, *hidden, *projection; /* panels; projection may be NULL */
    const float *bias;                        /* of the gates, in the order of their panels */
    const float *h, *c;                       /* what a sentence starts from, padded with zeros */
    float cell_clip, projection_clip;         /* infinity for none */
} Layer;

typedef struct {
    const Layer *layers;
    i64 n_layers, hidden_size, projection_size, skip_connections;
    float *h, *c, *gated;           /* (layers, lanes, projection panels), (layers, lanes, cells), (lanes, cells) */
    float *x, *products, *sums;     /* (block rows, projection panels), (gate panels, block rows, 4 * width), (lanes, 4 * width) */
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

#define JOIN(a, b) a##b
#define JOINED(a, b) JOIN(a, b)
#define NAME(x) JOINED(x, W)

#define W 4
#define TARGET
#if defined(__aarch64__)
#define ROWS 6
#else
#define ROWS 3
#endif
#if defined(__x86_64__)
#define MIN _mm_min_ps
#define MAX _mm_max_ps
#endif
#include "native_width.h"

#if defined(__x86_64__)
#define W 8
#define TARGET __attribute__((target("avx2,fma")))
#define ROWS 3
#define MIN _mm256_min_ps
#define MAX _mm256_max_ps
#include "native_width.h"

#define W 16
#define TARGET __attribute__((target("avx512f")))
#define ROWS 6
#define MIN _mm512_min_ps
#define MAX _mm512_max_ps
#include "native_width.h"

#define CALL(f, ...) \
    if (width == 16) f##16(__VA_ARGS__); \
    else if (width == 8) f##8(__VA_ARGS__); \
    else f##4(__VA_ARGS__)
#else
#define CALL(f, ...) (void)width, f##4(__VA_ARGS__)
#endif

/* A library that an earlier build left behind must not be called. */
EXPORT i64 elmo_interface(void) { return INTERFACE; }

/* The most floats in a vector that this processor computes with. Smaller widths work too. */
EXPORT i64 elmo_widest(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return 16;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 8;
#endif
    return 4;
}

/* y (panels of outputs, rows, 4 * width) = x (rows, inputs) times a packed weight, plus bias. */
EXPORT void elmo_linear(i64 width, float *y, const float *x, i64 rows, i64 inputs, const float *weight,
                        const float *bias, i64 outputs) {
    CALL(linear, y, 4 * width, rows * 4 * width, x, inputs, rows, inputs, weight, bias, panels_of(outputs, 4 * width));
}

/* Run the layers of one direction over some steps. State comes from h and c and is left there. */
EXPORT void elmo_direction(i64 width, const Text *text) { CALL(direction, text); }

/* Compute the vectors of words from their characters. */
EXPORT void elmo_characters(i64 width, const CharacterCNN *cnn, const Words *words) { CALL(characters, cnn, words); }

/* y = sigmoid(x) and z = tanh(x) of n numbers, n divisible by the width: for tests. */
EXPORT void elmo_activations(i64 width, const float *x, float *y, float *z, i64 n) { CALL(activations, x, y, z, n); }
