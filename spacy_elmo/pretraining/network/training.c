/* What training computes number by number, for ctypes: LSTM cells and softmax with their gradients, in one pass each.

Plain loops that compilers turn into vectors, compiled once for each set of instructions. All tensors are contiguous. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define SUMS 32 /* partial sums of a row, so that they need not wait for each other */

typedef int64_t i64;

typedef struct {
    float *gates;                 /* (steps, rows, 4 * n): before activation, then after it, then their gradients */
    float *c;                     /* (1 + steps, rows, n), the cells before the first step first */
    float *tanh_c, *gated;        /* (steps, rows, n) */
    const float *bias;            /* (4 * n,) */
    const float *d_gated;         /* (rows, n), of the step that goes back */
    float *d_c;                   /* (rows, n), of the cells after the step, then of those before it */
    i64 rows, n;
    float clip;                   /* infinity for none */
} Cells;

typedef struct {
    float *logits;                /* (rows, n), then probabilities */
    const float *offsets;         /* (n,), added to the logits */
    const float *target_logits;   /* (rows,) */
    const i64 *places;            /* (rows,), of each target among the n, which does not count there; below 0 for none */
    float *losses;                /* (rows,) */
    float *sums;                  /* (n,), to which the probabilities of all rows are added */
    i64 rows, n;
} Softmax;

typedef struct {
    const float *x;               /* (words, length, size), vectors of characters */
    const float *filters;         /* (filters, window) */
    const float *d_values;        /* (words, filters) */
    const int32_t *places;        /* (words, filters), the position of the highest response */
    float *d_x, *d_filters;       /* as x and filters; are added to */
    i64 words, length, size, n_filters, window;
} Highest;

/* NaN stays. */
INLINE float clipped(float x, float bound) {
    x = x > bound ? bound : x;
    return x < -bound ? -bound : x;
}

/* exp(x) of x within 87 of zero. */
INLINE float exponential(float x) {
    float shifted = x * 1.44269504088896341f + 12582912.0f; /* a float this large has no fraction: it rounds */
    float k = shifted - 12582912.0f;
    float r = x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    float p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4b400000u + 127u) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

INLINE float sigmoid(float x) { return 1.0f / (1.0f + exponential(-clipped(x, 40.0f))); }

INLINE float hyperbolic(float x) {
    float e = exponential(-2.0f * clipped(x, 20.0f));
    return (1.0f - e) / (1.0f + e);
}

INLINE void forward(const Cells *t, i64 step) {
    const i64 n = t->n;
    const float clip = t->clip;
    const float *restrict bi = t->bias, *restrict bf = bi + n, *restrict bo = bf + n, *restrict bg = bo + n;
    for (i64 r = step * t->rows; r < (step + 1) * t->rows; r++) {
        float *restrict gi = t->gates + r * 4 * n, *restrict gf = gi + n, *restrict go = gf + n, *restrict gg = go + n;
        const float *restrict c = t->c + r * n;
        float *restrict next = t->c + (r + t->rows) * n, *restrict tanh_c = t->tanh_c + r * n;
        float *restrict gated = t->gated + r * n;
        INDEPENDENT
        for (i64 j = 0; j < n; j++) {
            float i = sigmoid(gi[j] + bi[j]), f = sigmoid(gf[j] + bf[j]), o = sigmoid(go[j] + bo[j]);
            float g = hyperbolic(gg[j] + bg[j]), x = clipped(c[j] * f + i * g, clip), y = hyperbolic(x);
            gi[j] = i, gf[j] = f, go[j] = o, gg[j] = g;
            next[j] = x, tanh_c[j] = y, gated[j] = y * o;
        }
    }
}

INLINE void backward(const Cells *t, i64 step) {
    const i64 n = t->n;
    const float clip = t->clip;
    for (i64 row = 0; row < t->rows; row++) {
        i64 r = step * t->rows + row;
        float *restrict gi = t->gates + r * 4 * n, *restrict gf = gi + n, *restrict go = gf + n, *restrict gg = go + n;
        const float *restrict c = t->c + r * n, *restrict next = t->c + (r + t->rows) * n;
        const float *restrict tanh_c = t->tanh_c + r * n, *restrict d_gated = t->d_gated + row * n;
        float *restrict d_c = t->d_c + row * n;
        INDEPENDENT
        for (i64 j = 0; j < n; j++) {
            float i = gi[j], f = gf[j], o = go[j], g = gg[j], y = tanh_c[j], d = d_gated[j];
            float d_cell = d_c[j] + d * o * (1.0f - y * y);
            d_cell = next[j] >= clip ? 0.0f : d_cell; /* no gradient goes through a clip */
            d_cell = next[j] <= -clip ? 0.0f : d_cell;
            gi[j] = d_cell * g * (i * (1.0f - i));
            gf[j] = d_cell * c[j] * (f * (1.0f - f));
            go[j] = d * y * (o * (1.0f - o));
            gg[j] = d_cell * i * (1.0f - g * g);
            d_c[j] = d_cell * f;
        }
    }
}

INLINE void normalize(const Softmax *t) {
    const i64 n = t->n, whole = n - n % SUMS;
    const float *restrict offsets = t->offsets;
    float *restrict sums = t->sums;
    for (i64 r = 0; r < t->rows; r++) {
        float *restrict x = t->logits + r * n;
        float parts[SUMS], target = t->target_logits[r], highest = target, total = 0.0f;
        const i64 place = t->places[r];
        for (i64 j = 0; j < n; j++) x[j] += offsets[j];
        if (place >= 0) x[place] = target;
        for (i64 k = 0; k < SUMS; k++) parts[k] = target;
        for (i64 j = 0; j < whole; j += SUMS)
            for (i64 k = 0; k < SUMS; k++) parts[k] = x[j + k] > parts[k] ? x[j + k] : parts[k];
        for (i64 k = 0; k < SUMS; k++) highest = parts[k] > highest ? parts[k] : highest;
        for (i64 j = whole; j < n; j++) highest = x[j] > highest ? x[j] : highest;
        for (i64 j = 0; j < n; j++) x[j] = exponential(clipped(x[j] - highest, 87.0f));
        if (place >= 0) x[place] = 0.0f;
        for (i64 k = 0; k < SUMS; k++) parts[k] = 0.0f;
        for (i64 j = 0; j < whole; j += SUMS)
            for (i64 k = 0; k < SUMS; k++) parts[k] += x[j + k];
        for (i64 k = 0; k < SUMS; k++) total += parts[k];
        for (i64 j = whole; j < n; j++) total += x[j];
        total += expf(target - highest);
        t->losses[r] = logf(total) + highest - target;
        const float share = 1.0f / total;
        for (i64 j = 0; j < n; j++) x[j] *= share, sums[j] += x[j];
    }
}

INLINE void highest(const float *responses, i64 words, i64 positions, i64 n, float *values, int32_t *places) {
    for (i64 w = 0; w < words; w++) {
        const float *restrict x = responses + w * positions * n;
        float *restrict best = values + w * n;
        int32_t *restrict place = places + w * n;
        for (i64 j = 0; j < n; j++) best[j] = x[j], place[j] = 0;
        for (i64 t = 1; t < positions; t++) {
            const float *restrict y = x + t * n;
            INDEPENDENT
            for (i64 j = 0; j < n; j++) {
                int higher = (y[j] > best[j]) | (y[j] != y[j]); /* NaN is the highest, and stays */
                best[j] = higher ? y[j] : best[j];
                place[j] = higher ? (int32_t)t : place[j];
            }
        }
    }
}

INLINE void highest_backward(const Highest *t) {
    for (i64 w = 0; w < t->words; w++)
        for (i64 f = 0; f < t->n_filters; f++) {
            const float d = t->d_values[w * t->n_filters + f];
            const i64 start = (w * t->length + t->places[w * t->n_filters + f]) * t->size;
            const float *restrict x = t->x + start, *restrict filter = t->filters + f * t->window;
            float *restrict d_x = t->d_x + start, *restrict d_filter = t->d_filters + f * t->window;
            if (d == 0.0f) continue;
            INDEPENDENT
            for (i64 k = 0; k < t->window; k++) {
                d_filter[k] += d * x[k];
                d_x[k] += d * filter[k];
            }
        }
}

#define VERSION(name, target) \
    static target void highest_##name(const float *x, i64 words, i64 positions, i64 n, float *values, int32_t *places) { \
        highest(x, words, positions, n, values, places); \
    } \
    static target void highest_backward_##name(const Highest *t) { highest_backward(t); } \
    static target void forward_##name(const Cells *t, i64 step) { forward(t, step); } \
    static target void backward_##name(const Cells *t, i64 step) { backward(t, step); } \
    static target void normalize_##name(const Softmax *t) { normalize(t); }

VERSION(4, )
#if defined(__x86_64__)
VERSION(8, __attribute__((target("avx2,fma"))))
VERSION(16, __attribute__((target("avx512f,avx2,fma"))))
#define CALL(f, ...) \
    if (width == 16) f##_16(__VA_ARGS__); \
    else if (width == 8) f##_8(__VA_ARGS__); \
    else f##_4(__VA_ARGS__)
#else
#define CALL(f, ...) (void)width, f##_4(__VA_ARGS__)
#endif

/* Go from the gates of a step before activation to the cells after it and the gated output. */
EXPORT void elmo_cells_forward(i64 width, const Cells *t, i64 step) { CALL(forward, t, step); }

/* Go from the gradients of the gated output and of the cells after a step to those of its gates and the cells before. */
EXPORT void elmo_cells_backward(i64 width, const Cells *t, i64 step) { CALL(backward, t, step); }

/* Turn logits into losses and probabilities, over candidates and each row's own target. */
EXPORT void elmo_normalize(i64 width, const Softmax *t) { CALL(normalize, t); }

/* The highest responses (words, filters) over positions, and where they are; responses are (words, positions, filters). */
EXPORT void elmo_highest(i64 width, const float *responses, i64 words, i64 positions, i64 n, float *values,
                         int32_t *places) {
    CALL(highest, responses, words, positions, n, values, places);
}

/* Gradients of characters and filters from those of the highest responses. */
EXPORT void elmo_highest_backward(i64 width, const Highest *t) { CALL(highest_backward, t); }
