/* The work with vectors of W floats; native.c includes this once for each width. ROWS rows fill the registers. */

#define VF NAME(floats)
#define VI NAME(ints)
#define VU NAME(loose)
#define INLINE static inline __attribute__((always_inline)) TARGET
#define PANEL (4 * W)
#define LOAD(p) ((VF)(*(const VU *)(p)))
#define STORE(p, v) (*(VU *)(p) = (v))

typedef float VF __attribute__((vector_size(4 * W)));
typedef uint32_t VI __attribute__((vector_size(4 * W)));
typedef float VU __attribute__((vector_size(4 * W), aligned(4), may_alias));

/* a where mask, else b. */
INLINE VF NAME(choose)(VI mask, VF a, VF b) { return (VF)((mask & (VI)a) | (~mask & (VI)b)); }

/* MIN(a, b) is a < b ? a : b, and MAX the like: NaN in b stays. */
#ifndef MIN
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

static TARGET void NAME(activations)(const float *x, float *y, float *z, i64 n) {
    for (i64 i = 0; i + W <= n; i += W) {
        STORE(y + i, NAME(sigmoid)(LOAD(x + i)));
        STORE(z + i, NAME(hyperbolic)(LOAD(x + i)));
    }
}

/* n rows of y, a panel wide, += x times one panel. */
INLINE void NAME(tile)(int n, float *y, i64 y_stride, const float *x, i64 x_stride, i64 inputs, const float *weight) {
    VF sums[ROWS][4];
#pragma GCC unroll 8
    for (int r = 0; r < n; r++)
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) sums[r][g] = LOAD(y + r * y_stride + g * W);
    for (i64 k = 0; k < inputs; k++, weight += PANEL) {
        VF values[4];
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) values[g] = LOAD(weight + g * W);
#pragma GCC unroll 8
        for (int r = 0; r < n; r++)
#pragma GCC unroll 8
            for (int g = 0; g < 4; g++) sums[r][g] += x[r * x_stride + k] * values[g];
    }
#pragma GCC unroll 8
    for (int r = 0; r < n; r++)
#pragma GCC unroll 8
        for (int g = 0; g < 4; g++) STORE(y + r * y_stride + g * W, sums[r][g]);
}

/* Rows of y, a panel wide, += x times one panel. */
static TARGET __attribute__((noinline)) void NAME(panel)(float *y, i64 y_stride, const float *x, i64 x_stride, i64 rows,
                                                         i64 inputs, const float *weight) {
    for (i64 k = 0; k < inputs; k += CHUNK, weight += CHUNK * PANEL) {
        i64 n = inputs - k < CHUNK ? inputs - k : CHUNK, r = 0;
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

/* y = x times weight, plus bias: panel b of row r begins at y + r * row_stride + b * panel_stride. */
static TARGET void NAME(linear)(float *y, i64 row_stride, i64 panel_stride, const float *x, i64 x_stride, i64 rows,
                                i64 inputs, const float *weight, const float *bias, i64 panels) {
    for (i64 first = 0; first < rows; first += BLOCK) {
        i64 n = rows - first < BLOCK ? rows - first : BLOCK;
        for (i64 b = 0; b < panels; b++) {
            float *part = y + first * row_stride + b * panel_stride;
            for (i64 r = 0; r < n; r++) memcpy(part + r * row_stride, bias + b * PANEL, PANEL * sizeof(float));
            NAME(panel)(part, row_stride, x + first * x_stride, x_stride, n, inputs, weight + b * inputs * PANEL);
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
    for (i64 b = 0; b < gates; b++) {
        for (i64 r = 0; r < rows; r++) {
            const float *from = products + (b * n_products + (ids ? ids[r] : r)) * PANEL;
            memcpy(t->sums + r * PANEL, from, PANEL * sizeof(float));
            for (i64 u = 0; u < PANEL; u += 16) __builtin_prefetch(from + n_products * PANEL + u); /* the next panel's */
        }
        NAME(panel)(t->sums, PANEL, h, h_stride, rows, p, layer->hidden + b * p * PANEL);
        for (i64 r = 0; r < rows; r++)
            NAME(cell)(t->sums + r * PANEL, c + r * c_stride + b * W, t->gated + r * c_stride + b * W, layer->cell_clip);
    }
    if (!layer->projection) {
        for (i64 r = 0; r < rows; r++) memcpy(h + r * h_stride, t->gated + r * c_stride, n * sizeof(float));
        return;
    }
    for (i64 b = 0; b < outputs; b++) {
        float *part = h + b * PANEL;
        for (i64 r = 0; r < rows; r++) memset(part + r * h_stride, 0, PANEL * sizeof(float));
        NAME(panel)(part, h_stride, t->gated, c_stride, rows, n, layer->projection + b * n * PANEL);
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
                    NAME(linear)(t->products, PANEL, rows * PANEL, t->x, h_stride, rows, p, layer->input, layer->bias, gates);
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

/* The largest response of each filter over the positions of a word that the filter fits into, plus its bias. */
INLINE void NAME(maximum)(const CharacterCNN *m, const float *sums, i64 positions, i64 filter, float *out) {
    VI widths;
    memcpy(&widths, m->widths + filter, sizeof widths);
    VF best = LOAD(sums); /* all filters fit at the first position */
    for (i64 t = 1; t < positions; t++) {
        VF x = LOAD(sums + t * PANEL);
        VI fits = (VI)(widths + (uint32_t)t <= (VI){} + (uint32_t)m->max_characters);
        VI stays = (VI)(best >= x) | (VI)(best != best);
        best = NAME(choose)(fits & ~stays, x, best);
    }
    STORE(out, best + LOAD(m->bias + filter));
}

static TARGET void NAME(characters)(const CharacterCNN *m, const Words *w) {
    i64 panels = panels_of(m->n_filters, PANEL), stride = panels * PANEL, inputs = m->window * m->size;
    i64 x_stride = (m->max_characters + m->window) * m->size, outputs = panels_of(m->width, PANEL);
    for (i64 first = 0; first < w->n_words; first += w->block_words) {
        i64 words = w->n_words - first < w->block_words ? w->n_words - first : w->block_words;
        for (i64 i = 0; i < words; i++) {
            const i64 *ids = w->ids + (first + i) * w->stride, length = w->lengths[first + i];
            for (i64 k = 0; k < length + m->window && k < m->max_characters + m->window; k++)
                memcpy(w->x + i * x_stride + k * m->size, m->characters + (k < length ? ids[k] : m->padding) * m->size,
                       m->size * sizeof(float));
        }
        for (i64 b = 0; b < panels; b++)
            for (i64 i = 0; i < words; i++) {
                i64 length = w->lengths[first + i]; /* one position of padding alone stands for all */
                i64 positions = length < m->max_characters ? length + 1 : m->max_characters;
                memset(w->sums, 0, positions * PANEL * sizeof(float));
                NAME(panel)(w->sums, PANEL, w->x + i * x_stride, m->size, positions, inputs,
                            m->filters + b * inputs * PANEL);
                for (i64 u = 0; u < PANEL; u += W)
                    NAME(maximum)(m, w->sums + u, positions, b * PANEL + u, w->a + i * stride + b * PANEL + u);
            }
        for (i64 i = 0; i < words * stride; i += W) {
            VF x = LOAD(w->a + i);
            STORE(w->a + i, m->uses_tanh ? NAME(hyperbolic)(x) : NAME(relu)(x));
        }
        for (i64 layer = 0; layer < m->n_highways; layer++) {
            const Highway *highway = m->highways + layer;
            NAME(linear)(w->b, stride, PANEL, w->a, stride, words, m->n_filters, highway->carry, highway->carry_bias, panels);
            NAME(linear)(w->c, stride, PANEL, w->a, stride, words, m->n_filters, highway->transform, highway->transform_bias, panels);
            for (i64 i = 0; i < words * stride; i += W) {
                VF gate = NAME(sigmoid)(LOAD(w->b + i));
                STORE(w->a + i, gate * NAME(relu)(LOAD(w->c + i)) + (1.0f - gate) * LOAD(w->a + i));
            }
        }
        const float *result = w->a;
        i64 result_stride = stride;
        if (m->projection) {
            result = w->b, result_stride = outputs * PANEL;
            NAME(linear)(w->b, result_stride, PANEL, w->a, stride, words, m->n_filters, m->projection,
                         m->projection_bias, outputs);
        }
        for (i64 i = 0; i < words; i++)
            memcpy(w->out + (first + i) * m->width, result + i * result_stride, m->width * sizeof(float));
    }
}

#undef VF
#undef VI
#undef VU
#undef INLINE
#undef PANEL
#undef LOAD
#undef STORE
#undef MIN
#undef MAX
#undef W
#undef ROWS
#undef TARGET
