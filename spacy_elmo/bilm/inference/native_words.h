/* The vectors of words from their characters, with vectors of W floats; native_width.h includes this. */

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
            NAME(linear)(w->b, stride, PANEL, w->a, stride, words, m->n_filters, highway->carry, highway->carry_bias, panels,
                         NULL);
            NAME(linear)(w->c, stride, PANEL, w->a, stride, words, m->n_filters, highway->transform, highway->transform_bias,
                         panels, NULL);
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
                         m->projection_bias, outputs, NULL);
        }
        for (i64 i = 0; i < words; i++)
            memcpy(w->out + (first + i) * m->width, result + i * result_stride, m->width * sizeof(float));
    }
}
