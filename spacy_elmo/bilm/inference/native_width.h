/* The work with vectors of W floats; native.c includes this once for each VARIANT, which is in all names.
ROWS rows fill the registers.

A product takes a row of units: floats or, with PAIRS, two numbers of bfloat16 in four bytes, the first in the low half. */

#define NAME(x) JOINED(x, VARIANT)
#define VF NAME(floats)
#define VI NAME(ints)
#define VH NAME(halves)
#define VU NAME(loose)
#define INLINE static inline __attribute__((always_inline)) TARGET
#define PANEL (4 * W)
#if W == 16 || defined(__aarch64__)
#define ROWS 6
#else
#define ROWS 3
#endif
#define LOAD(p) ((VF)(*(const VU *)(p)))
#define STORE(p, v) (*(VU *)(p) = (v))

typedef float VF __attribute__((vector_size(4 * W)));
typedef uint32_t VI __attribute__((vector_size(4 * W)));
typedef uint16_t VH __attribute__((vector_size(2 * W)));
typedef float VU __attribute__((vector_size(4 * W), aligned(4), may_alias));

/* a where mask, else b. */
INLINE VF NAME(choose)(VI mask, VF a, VF b) { return (VF)((mask & (VI)a) | (~mask & (VI)b)); }

/* MIN(a, b) is a < b ? a : b, and MAX the like: NaN in b stays. */
#if W == 16
#define MIN _mm512_min_ps
#define MAX _mm512_max_ps
#elif W == 8
#define MIN _mm256_min_ps
#define MAX _mm256_max_ps
#elif defined(__x86_64__)
#define MIN _mm_min_ps
#define MAX _mm_max_ps
#else
#define MIN(a, b) NAME(choose)((VI)((a) < (b)), a, b)
#define MAX(a, b) NAME(choose)((VI)((a) > (b)), a, b)
#endif

INLINE VF NAME(clip)(VF x, float bound) {
    VF high = (VF){} + bound, low = -high;
    return MIN(high, MAX(low, x));
}

INLINE VF NAME(relu)(VF x) { return MAX((VF){}, x); }

/* exp(x) within 28 of zero, where everything below stays finite; beyond, sigmoids and tanh are 0 and 1 to 1e-12. */
INLINE VF NAME(exponential)(VF x) {
    x = NAME(clip)(x, 28.0f);
    VF shifted = x * 1.44269504088896341f + 12582912.0f; /* a float this large has no fraction: it rounds */
    VF k = shifted - 12582912.0f;
    VF r = x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    VF p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    return p * (VF)(((VI)shifted - 0x4b400000u + 127u) << 23);
}

INLINE VF NAME(sigmoid)(VF x) { return 1.0f / (1.0f + NAME(exponential)(-x)); }

INLINE VF NAME(hyperbolic)(VF x) {
    VF e = NAME(exponential)(-2.0f * x);
    return (1.0f - e) / (1.0f + e);
}

#ifdef PAIRS
#define UNIT uint32_t
#define UNITS(n) (((n) + 1) / 2)
#define MULTIPLY_ADD(sum, x, w) DOT(sum, (VI){} + (x), w)
#ifndef DOT
#define DOT NAME(dot)
/* sum + x1 * w1 + x0 * w0, rounded after each addition, as VDPBF16PS does. Products of two bfloat16 are exact. */
INLINE VF NAME(dot)(VF sum, VI x, VF w) {
    sum += (VF)(x & 0xffff0000u) * (VF)((VI)w & 0xffff0000u);
    return sum + (VF)(x << 16) * (VF)((VI)w << 16);
}
#endif

/* To the nearest bfloat16, to the even one of two; NaN stays NaN. */
INLINE VH NAME(halved)(VF x) {
    VI bits = (VI)x, rounded = bits + 0x7fffu + ((bits >> 16) & 1u), is_number = (VI)(x == x);
    return __builtin_convertvector(((is_number & rounded) | (~is_number & (bits | 0x400000u))) >> 16, VH);
}

/* Rows of x as products take them, in memory at `to`. */
static TARGET const UNIT *NAME(operands)(void *to, const float *x, i64 x_stride, i64 rows, i64 inputs) {
    for (i64 r = 0; r < rows; r++, x += x_stride) {
        uint16_t *row = (uint16_t *)((UNIT *)to + r * UNITS(inputs));
        i64 k = 0;
        for (; k + W <= inputs; k += W) {
            VH halves = NAME(halved)(LOAD(x + k));
            memcpy(row + k, &halves, sizeof halves);
        }
        if (k < inputs) {
            VF rest = {}; /* and a zero beside the last of an odd number */
            memcpy(&rest, x + k, (inputs - k) * sizeof(float));
            VH halves = NAME(halved)(rest);
            memcpy(row + k, &halves, (2 * UNITS(inputs) - k) * sizeof(uint16_t));
        }
    }
    return to;
}
#define OPERANDS(to, x, x_stride, rows, inputs) NAME(operands)(to, x, x_stride, rows, inputs)
#define STRIDE(x_stride, inputs) UNITS(inputs) /* of what OPERANDS returns */
#else
#define UNIT float
#define UNITS(n) (n)
#define MULTIPLY_ADD(sum, x, w) (sum) + (x) * (w)
#define OPERANDS(to, x, x_stride, rows, inputs) ((void)(to), (x))
#define STRIDE(x_stride, inputs) (x_stride)
#endif

/* n rows of y, a panel wide, += x times one panel. */
INLINE void NAME(tile)(int n, float *y, i64 y_stride, const UNIT *x, i64 x_stride, i64 units, const UNIT *weight) {
    VF sums[ROWS][4];
#pragma GCC unroll 8
    for (int r = 0; r < n; r++)
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) sums[r][g] = LOAD(y + r * y_stride + g * W);
    for (i64 k = 0; k < units; k++, weight += PANEL) {
        VF values[4];
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) values[g] = LOAD(weight + g * W);
#pragma GCC unroll 8
        for (int r = 0; r < n; r++)
#pragma GCC unroll 8
            for (int g = 0; g < 4; g++) sums[r][g] = MULTIPLY_ADD(sums[r][g], x[r * x_stride + k], values[g]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < n; r++)
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) STORE(y + r * y_stride + g * W, sums[r][g]);
}

/* Rows of y, a panel wide, += x times one panel. */
static TARGET __attribute__((noinline)) void NAME(panel)(float *y, i64 y_stride, const UNIT *x, i64 x_stride, i64 rows,
                                                         i64 units, const UNIT *weight) {
    for (i64 k = 0; k < units; k += CHUNK, weight += CHUNK * PANEL) {
        i64 n = units - k < CHUNK ? units - k : CHUNK, r = 0;
        for (; r + ROWS <= rows; r += ROWS)
            NAME(tile)(ROWS, y + r * y_stride, y_stride, x + r * x_stride + k, x_stride, n, weight);
#define REST(m) \
    case m: NAME(tile)(m < ROWS ? m : 1, y + r * y_stride, y_stride, x + r * x_stride + k, x_stride, n, weight); break
        switch (rows - r) {
            REST(1);
            REST(2);
#if ROWS > 3
            REST(3);
            REST(4);
            REST(5);
#endif
        }
#undef REST
    }
}

/* y = x times weight, plus bias: panel b of row r begins at y + r * row_stride + b * panel_stride. `memory` has room for
BLOCK rows of operands. */
static TARGET void NAME(linear)(float *y, i64 row_stride, i64 panel_stride, const float *x, i64 x_stride, i64 rows,
                                i64 inputs, const UNIT *weight, const float *bias, i64 panels, void *memory) {
    i64 units = UNITS(inputs), stride = STRIDE(x_stride, inputs);
    for (i64 first = 0; first < rows; first += BLOCK) {
        i64 n = rows - first < BLOCK ? rows - first : BLOCK;
        const UNIT *block = OPERANDS(memory, x + first * x_stride, x_stride, n, inputs);
        for (i64 b = 0; b < panels; b++) {
            float *part = y + first * row_stride + b * panel_stride;
            for (i64 r = 0; r < n; r++) memcpy(part + r * row_stride, bias + b * PANEL, PANEL * sizeof(float));
            NAME(panel)(part, row_stride, block, stride, n, units, weight + b * units * PANEL);
        }
    }
}

/* From the sums of the gates i, f, o, g to the next cells and the gated output of W cells. */
INLINE void NAME(cell)(const float *sums, float *c, float *gated, float bound) {
    VF i = NAME(exponential)(-LOAD(sums)), f = NAME(exponential)(-LOAD(sums + W));
    VF o = NAME(exponential)(-LOAD(sums + 2 * W)), g = NAME(exponential)(-2.0f * LOAD(sums + 3 * W));
    VF input = (1.0f + i) * (1.0f + g), forget = 1.0f + f;
    VF next = NAME(clip)((LOAD(c) * input + (1.0f - g) * forget) / (input * forget), bound);
    STORE(c, next);
    VF e = NAME(exponential)(-2.0f * next);
    STORE(gated, (1.0f - e) / ((1.0f + o) * (1.0f + e)));
}

/* One step of one layer: rows of h and c go on. Input products are (gate panels, n_products, panel), of which the rows
are those of ids, or the first if that is NULL. */
static TARGET void NAME(step)(const Text *t, const Layer *layer, i64 rows, const float *products, i64 n_products,
                              const i64 *ids, float *h, float *c) {
    i64 p = t->projection_size, n = t->hidden_size, outputs = panels_of(p, PANEL), gates = panels_of(n, W);
    i64 h_stride = outputs * PANEL, c_stride = gates * W;
    const UNIT *x = OPERANDS(t->operands, h, h_stride, rows, p), *hidden = layer->hidden, *projection = layer->projection;
    for (i64 b = 0; b < gates; b++) {
        for (i64 r = 0; r < rows; r++) {
            const float *from = products + (b * n_products + (ids ? ids[r] : r)) * PANEL;
            memcpy(t->sums + r * PANEL, from, PANEL * sizeof(float));
            for (i64 u = 0; u < PANEL; u += 16) __builtin_prefetch(from + n_products * PANEL + u); /* the next panel's */
        }
        NAME(panel)(t->sums, PANEL, x, STRIDE(h_stride, p), rows, UNITS(p), hidden + b * UNITS(p) * PANEL);
        for (i64 r = 0; r < rows; r++)
            NAME(cell)(t->sums + r * PANEL, c + r * c_stride + b * W, t->gated + r * c_stride + b * W, layer->cell_clip);
    }
    if (!projection) {
        for (i64 r = 0; r < rows; r++) memcpy(h + r * h_stride, t->gated + r * c_stride, n * sizeof(float));
        return;
    }
    x = OPERANDS(t->operands, t->gated, c_stride, rows, n);
    for (i64 b = 0; b < outputs; b++) {
        float *part = h + b * PANEL;
        for (i64 r = 0; r < rows; r++) memset(part + r * h_stride, 0, PANEL * sizeof(float));
        NAME(panel)(part, h_stride, x, STRIDE(c_stride, n), rows, UNITS(n), projection + b * UNITS(n) * PANEL);
        for (i64 r = 0; r < rows; r++)
            for (i64 u = 0; u < PANEL; u += W)
                STORE(part + r * h_stride + u, NAME(clip)(LOAD(part + r * h_stride + u), layer->projection_clip));
    }
}

/* Layers advance together, block by block: as many steps as have block_rows rows, so that weights are read less. */
static TARGET void NAME(direction)(const Text *t) {
    i64 p = t->projection_size, gates = panels_of(t->hidden_size, W);
    i64 h_stride = panels_of(p, PANEL) * PANEL, c_stride = gates * W, row = 0;
    for (i64 first = 0, last; first < t->n_steps; first = last) {
        i64 rows = t->sizes[first];
        for (last = first + 1; last < t->n_steps && rows + t->sizes[last] <= t->block_rows; last++)
            rows += t->sizes[last];
        for (i64 l = 0; l <= t->n_layers; l++) {
            const float *from = l ? t->x : t->vectors;
            if (l) {
                const Layer *layer = t->layers + l - 1;
                float *h = t->h + (l - 1) * t->n_lanes * h_stride, *c = t->c + (l - 1) * t->n_lanes * c_stride;
                if (l > 1)
                    NAME(linear)(t->products, PANEL, rows * PANEL, t->x, h_stride, rows, p, layer->input, layer->bias, gates,
                                 t->operands);
                for (i64 s = first, done = 0; s < last; done += t->sizes[s++]) {
                    for (i64 i = t->start_offsets[s]; i < t->start_offsets[s + 1]; i++) {
                        memcpy(h + t->start_lanes[i] * h_stride, layer->h, h_stride * sizeof(float));
                        memcpy(c + t->start_lanes[i] * c_stride, layer->c, c_stride * sizeof(float));
                    }
                    if (l > 1)
                        NAME(step)(t, layer, t->sizes[s], t->products + done * PANEL, rows, NULL, h, c);
                    else
                        NAME(step)(t, layer, t->sizes[s], t->table, t->n_table, t->ids + row + done, h, c);
                    float *x = t->x + done * h_stride;
                    i64 n = t->sizes[s] * h_stride;
                    if (l > 1 && t->skip_connections)
                        for (i64 i = 0; i < n; i += W) STORE(x + i, LOAD(x + i) + LOAD(h + i));
                    else
                        memcpy(x, h, n * sizeof(float));
                }
            }
            for (i64 o = 0; o < t->n_outputs; o++) {
                if (t->output_layers[o] != l) continue;
                for (i64 r = 0; r < rows; r++)
                    memcpy(t->outputs[o] + t->places[row + r] * t->output_stride,
                           l ? from + r * h_stride : from + t->word_ids[row + r] * p, p * sizeof(float));
            }
        }
        row += rows;
    }
}

static TARGET void NAME(product)(float *y, const float *x, i64 rows, i64 inputs, const void *weight, const float *bias,
                                 i64 outputs, void *memory) {
    NAME(linear)(y, PANEL, rows * PANEL, x, inputs, rows, inputs, weight, bias, panels_of(outputs, PANEL), memory);
}

#ifdef PAIRS
static const Functions NAME(functions) = {NAME(product), NAME(direction), NULL, NULL};
#else
#include "native_words.h"

static TARGET void NAME(activations)(const float *x, float *y, float *z, i64 n) {
    for (i64 i = 0; i + W <= n; i += W) {
        STORE(y + i, NAME(sigmoid)(LOAD(x + i)));
        STORE(z + i, NAME(hyperbolic)(LOAD(x + i)));
    }
}

static const Functions NAME(functions) = {NAME(product), NAME(direction), NAME(characters), NAME(activations)};
#endif

#undef NAME
#undef VF
#undef VI
#undef VH
#undef UNIT
#undef UNITS
#undef MULTIPLY_ADD
#undef OPERANDS
#undef STRIDE
#undef PAIRS
#undef DOT
#undef VU
#undef INLINE
#undef PANEL
#undef LOAD
#undef STORE
#undef MIN
#undef MAX
#undef W
#undef VARIANT
#undef ROWS
#undef TARGET
