/* Runs all variants of the kernel on tiny shapes, in memory of just the size that native.c asks for: for valgrind, under
which Python with torch would take minutes. Values are looked at by the tests in Python. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../spacy_elmo/bilm/inference/native.c"

static float *floats(i64 n) {
    float *x = malloc(n * sizeof(float));
    for (i64 i = 0; i < n; i++) x[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return x;
}

/* A packed weight. */
static void *weight(i64 variant, i64 inputs, i64 panels) {
    i64 panel = 4 * (variant % PAIRED), units = variant & PAIRED ? (inputs + 1) / 2 : inputs;
    float *x = floats(panels * units * panel);
    if (variant & PAIRED) memset(x, 0x3c, panels * units * panel * sizeof(float)); /* 0.01 in bfloat16 */
    return x;
}

static int is_finite(const float *x, i64 n) {
    for (i64 i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0; /* valgrind sees here what was never written */
    return 1;
}

enum { LAYERS = 2, LANES = 3, STEPS = 4, ROWS_IN_ALL = 10, WORDS = 5 };

static int direction(i64 variant, i64 n, i64 p, int has_projection) {
    i64 width = variant % PAIRED, panel = 4 * width, gates = panels_of(n, width), padded = panels_of(p, panel) * panel;
    i64 widest = n > p ? n : p, units = variant & PAIRED ? (widest + 1) / 2 : widest;
    i64 ids[] = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4}, places[] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, sizes[] = {3, 3, 3, 1};
    i64 offsets[] = {0, 0, 1, 1, 2}, starts[] = {1, 0}, asked[] = {0, 1, 2};
    float *outputs[3], *vectors = floats(WORDS * p), *table = floats(gates * WORDS * panel);
    void *operands = malloc((variant & PAIRED ? BLOCK : 0) * units * 4);
    Layer layers[LAYERS];
    for (int l = 0; l < LAYERS; l++)
        layers[l] = (Layer){weight(variant, p, gates), weight(variant, p, gates),
                            has_projection ? weight(variant, n, padded / panel) : NULL, floats(gates * panel),
                            floats(padded), floats(gates * width), 3.0f, INFINITY};
    elmo_linear(variant, table, vectors, WORDS, p, layers[0].input, layers[0].bias, gates * panel, operands);
    for (int o = 0; o < 3; o++) outputs[o] = malloc(ROWS_IN_ALL * p * sizeof(float));
    Text text = {layers, LAYERS, n, p, 1, floats(LAYERS * LANES * padded), floats(LAYERS * LANES * gates * width),
                 malloc(LANES * gates * width * 4), malloc(6 * padded * 4), malloc(gates * 6 * panel * 4),
                 malloc(LANES * panel * 4), operands, LANES, 6, vectors, table, WORDS, ids, ids, places, sizes, STEPS,
                 offsets, starts, 3, asked, outputs, p};
    elmo_direction(variant, &text);
    int good = 1;
    for (int o = 0; o < 3; o++) good &= is_finite(outputs[o], ROWS_IN_ALL * p);
    return good;
}

static int characters(i64 variant) {
    enum { SIZE = 3, WINDOW = 3, LONGEST = 6, FILTERS = 21, WIDTH = 7, STRIDE = 6, COUNT = 3 };
    i64 panel = 4 * variant, panels = panels_of(FILTERS, panel), outputs = panels_of(WIDTH, panel);
    i64 ids[COUNT * STRIDE] = {1, 2, 3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, lengths[] = {3, 2, 6};
    int32_t *widths = malloc(panels * panel * sizeof(int32_t));
    for (i64 i = 0; i < panels * panel; i++) widths[i] = i < FILTERS ? 1 + (int32_t)(i % WINDOW) : 1;
    Highway highway = {weight(variant, FILTERS, panels), floats(panels * panel), weight(variant, FILTERS, panels),
                       floats(panels * panel)};
    CharacterCNN cnn = {floats(8 * SIZE), weight(variant, WINDOW * SIZE, panels), floats(panels * panel), widths, SIZE,
                        WINDOW, LONGEST, FILTERS, 0, &highway, 1, weight(variant, FILTERS, outputs),
                        floats(outputs * panel), WIDTH, 7};
    i64 wide = panels > outputs ? panels * panel : outputs * panel;
    Words words = {ids, lengths, COUNT, STRIDE, 2, malloc(2 * (LONGEST + WINDOW) * SIZE * 4), malloc(LONGEST * panel * 4),
                   malloc(2 * wide * 4), malloc(2 * wide * 4), malloc(2 * wide * 4), malloc(COUNT * WIDTH * 4)};
    elmo_characters(variant, &cnn, &words);
    return is_finite(words.out, COUNT * WIDTH);
}

int main(void) {
    i64 variants[] = {4, 8, 16, 4 | PAIRED, 8 | PAIRED, 4 | PAIRED | DOTS, 16 | PAIRED | DOTS};
    int good = 1;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (!elmo_has(variants[i])) continue;
        good &= direction(variants[i], 9, 5, 1) && direction(variants[i], 19, 19, 0) && direction(variants[i], 64, 32, 1);
        if (!(variants[i] & PAIRED)) good &= characters(variants[i]);
        printf("variant %d: %s\n", (int)variants[i], good ? "done" : "numbers that are none");
    }
    return !good;
}
