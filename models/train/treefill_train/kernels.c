// The parts of a training step that PyTorch's CPU operators are slow at, on bf16 rows; kernels.py compiles and calls them.
// Plain loops that a compiler turns into vector code (-O3, sums in any order); a row per turn, rows shared out among the threads.
// Matrices are row-major; sums are taken in fp32.

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;

static inline float wide(bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Round to nearest, ties to even.
static inline bf16 narrow(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// exp by a fifth-degree polynomial in the fraction of x / ln 2 (relative error below 3e-6); 0 below -87.
static inline float fast_exp(float x) {
    float scaled = fmaxf(x, -87.0f) * 1.44269504f;
    float whole = floorf(scaled), f = scaled - whole;
    float p = 1.0f + f * (0.69314697f + f * (0.24022163f + f * (0.05550265f + f * (0.00967152f + f * 0.00132647f))));
    int32_t bits;
    memcpy(&bits, &p, 4);
    bits += (int32_t)whole << 23;
    memcpy(&p, &bits, 4);
    return p;
}

static inline float sigmoid(float x) { return 1.0f / (1.0f + fast_exp(fminf(-x, 80.0f))); }

// y = x * w / rms(x); `scale` receives 1 / rms of each row.
void norm_forward(int64_t rows, int64_t width, float eps, const bf16 *x, const bf16 *w, bf16 *y, float *scale) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const bf16 *xr = x + r * width;
        bf16 *yr = y + r * width;
        float sum = 0;
        for (int64_t i = 0; i < width; i++) sum += wide(xr[i]) * wide(xr[i]);
        float s = 1.0f / sqrtf(sum / (float)width + eps);
        scale[r] = s;
        for (int64_t i = 0; i < width; i++) yr[i] = narrow(wide(xr[i]) * s * wide(w[i]));
    }
}

// Gradients of norm_forward; dw is fp32, zeroed by the caller.
void norm_backward(int64_t rows, int64_t width, const bf16 *x, const bf16 *w, const float *scale, const bf16 *dy,
                   bf16 *dx, float *dw) {
#pragma omp parallel
    {
        float own[width];
        memset(own, 0, sizeof own);
#pragma omp for schedule(static)
        for (int64_t r = 0; r < rows; r++) {
            const bf16 *xr = x + r * width, *gr = dy + r * width;
            bf16 *out = dx + r * width;
            float s = scale[r], dot = 0;
            for (int64_t i = 0; i < width; i++) {
                float gx = wide(gr[i]) * wide(xr[i]);
                dot += gx * wide(w[i]);
                own[i] += gx * s;
            }
            float c = dot * s * s * s / (float)width;
            for (int64_t i = 0; i < width; i++) out[i] = narrow(wide(gr[i]) * wide(w[i]) * s - wide(xr[i]) * c);
        }
#pragma omp critical
        for (int64_t i = 0; i < width; i++) dw[i] += own[i];
    }
}

// out = silu(gate) * up.
void swiglu_forward(int64_t rows, int64_t width, const bf16 *gate, const bf16 *up, bf16 *out) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = r * width; i < (r + 1) * width; i++) {
            float g = wide(gate[i]);
            out[i] = narrow(g * sigmoid(g) * wide(up[i]));
        }
}

// Gradients of swiglu_forward with respect to gate and up.
void swiglu_backward(int64_t rows, int64_t width, const bf16 *gate, const bf16 *up, const bf16 *dout, bf16 *dgate,
                     bf16 *dup) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = r * width; i < (r + 1) * width; i++) {
            float g = wide(gate[i]), d = wide(dout[i]), s = sigmoid(g);
            dup[i] = narrow(d * g * s);
            dgate[i] = narrow(d * wide(up[i]) * s * (1.0f + g * (1.0f - s)));
        }
}

// Where the head h of a row of (batch, time, heads, head) stands, in heads, in (time / chunk, batch, heads, chunk, head).
static inline int64_t split_place(int64_t row, int64_t batch, int64_t time, int64_t h, int64_t heads, int64_t chunk) {
    int64_t b = row / time, t = row % time;
    return ((t / chunk * batch + b) * heads + h) * chunk + t % chunk;
}

// Rotates pairs (2i, 2i + 1) of x (batch, time, heads, head) by the angles of `cosine` and `sine` (time, head / 2), times
// `sign` for the sine, and stores them as out (time / chunk, batch, heads, chunk, head); `back` takes x and out the other way.
void rotate(int64_t batch, int64_t time, int64_t heads, int64_t head, int64_t chunk, float sign, int64_t back,
            const float *cosine, const float *sine, const bf16 *x, bf16 *out) {
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < batch * time; row++) {
        int64_t t = row % time, half = head / 2;
        const float *c = cosine + t * half, *s = sine + t * half;
        for (int64_t h = 0; h < heads; h++) {
            int64_t flat = (row * heads + h) * head;
            int64_t split = split_place(row, batch, time, h, heads, chunk) * head;
            const uint32_t *from = (const uint32_t *)(x + (back ? split : flat));
            uint32_t *to = (uint32_t *)(out + (back ? flat : split));
            for (int64_t i = 0; i < half; i++) {
                float even = wide((bf16)from[i]), odd = wide((bf16)(from[i] >> 16)), sn = s[i] * sign;
                uint32_t low = narrow(even * c[i] - odd * sn), high = narrow(even * sn + odd * c[i]);
                to[i] = low | high << 16;
            }
        }
    }
}

// The same change of order without a rotation.
void permute(int64_t batch, int64_t time, int64_t heads, int64_t head, int64_t chunk, int64_t back, const bf16 *x,
             bf16 *out) {
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < batch * time; row++) {
        for (int64_t h = 0; h < heads; h++) {
            int64_t flat = (row * heads + h) * head;
            int64_t split = split_place(row, batch, time, h, heads, chunk) * head;
            memcpy(out + (back ? flat : split), x + (back ? split : flat), (size_t)head * 2);
        }
    }
}

// Softmax of `scale` times each row of s (rows, width), in place; row r sees its first past + r % chunk + 1 columns.
void softmax_forward(int64_t rows, int64_t width, int64_t chunk, int64_t past, float scale, bf16 *s) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        bf16 *row = s + r * width;
        int64_t seen = past + r % chunk + 1;
        float values[width], most = -1e30f, sum = 0;
        for (int64_t i = 0; i < seen; i++) most = fmaxf(most, wide(row[i]));
        for (int64_t i = 0; i < seen; i++) {
            values[i] = fast_exp((wide(row[i]) - most) * scale);
            sum += values[i];
        }
        float inverse = 1.0f / sum;
        for (int64_t i = 0; i < seen; i++) row[i] = narrow(values[i] * inverse);
        memset(row + seen, 0, (size_t)(width - seen) * 2);
    }
}

// dp becomes the gradient of the scores: scale * p * (dp - sum(p * dp)).
void softmax_backward(int64_t rows, int64_t width, int64_t chunk, int64_t past, float scale, const bf16 *p, bf16 *dp) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const bf16 *pr = p + r * width;
        bf16 *gr = dp + r * width;
        int64_t seen = past + r % chunk + 1;
        float sum = 0;
        for (int64_t i = 0; i < seen; i++) sum += wide(pr[i]) * wide(gr[i]);
        for (int64_t i = 0; i < seen; i++) gr[i] = narrow(scale * wide(pr[i]) * (wide(gr[i]) - sum));
        memset(gr + seen, 0, (size_t)(width - seen) * 2);
    }
}

// Cross-entropy in nats of each row of logits against its target; the logits become `scale` times their gradient.
void cross_entropy(int64_t rows, int64_t width, float scale, const int64_t *targets, bf16 *logits, float *losses) {
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        bf16 *row = logits + r * width;
        if (targets[r] < 0) {
            losses[r] = 0;
            memset(row, 0, (size_t)width * 2);
            continue;
        }
        float values[width], most = -1e30f, sum = 0, right = wide(row[targets[r]]);
        for (int64_t i = 0; i < width; i++) most = fmaxf(most, wide(row[i]));
        for (int64_t i = 0; i < width; i++) {
            values[i] = fast_exp(wide(row[i]) - most);
            sum += values[i];
        }
        losses[r] = most + logf(sum) - right;
        float inverse = scale / sum;
        for (int64_t i = 0; i < width; i++) row[i] = narrow(values[i] * inverse);
        row[targets[r]] = narrow(values[targets[r]] * inverse - scale);
    }
}
