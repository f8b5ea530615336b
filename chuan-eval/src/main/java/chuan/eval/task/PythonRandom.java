package chuan.eval.task;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// `random.Random(seed)` of Python 3, bit for bit, as far as drawing examples needs it: the
/// Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) seeded by array, `getrandbits`,
/// `_randbelow` and `sample`. One thread.
final class PythonRandom {
    private static final int SIZE = 624;
    private static final int SHIFT = 397;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7fffffff;
    private static final int MATRIX = 0x9908b0df;

    private final int[] state = new int[SIZE];
    private int next = SIZE;

    /// The sign of the seed is lost, as in Python.
    PythonRandom(long seed) {
        long magnitude = Math.abs(seed);
        int high = (int) (magnitude >>> 32);
        seed(high == 0 ? new int[] {(int) magnitude} : new int[] {(int) magnitude, high});
    }

    private void seed(int number) {
        state[0] = number;
        for (int i = 1; i < SIZE; i++)
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }

    private void seed(int[] key) {
        seed(19650218);
        int i = 1;
        int j = 0;
        for (int k = Math.max(SIZE, key.length); k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1664525)) + key[j] + j;
            i++;
            j = (j + 1) % key.length;
            if (i == SIZE) {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for (int k = SIZE - 1; k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1566083941)) - i;
            i++;
            if (i == SIZE) {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = UPPER;
    }

    /// 32 bits.
    int nextInt() {
        if (next == SIZE) twist();
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        for (int i = 0; i < SIZE; i++) {
            int y = (state[i] & UPPER) | (state[(i + 1) % SIZE] & LOWER);
            state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ ((y & 1) != 0 ? MATRIX : 0);
        }
        next = 0;
    }

    /// `random()`: 53 bits, from 0 to below 1.
    double random() {
        int a = nextInt() >>> 5;
        int b = nextInt() >>> 6;
        return (a * 67108864.0 + b) / 9007199254740992.0;
    }

    /// `_randbelow(bound)`.
    int below(int bound) {
        if (bound < 1) throw new IllegalArgumentException("below " + bound);
        int bits = 32 - Integer.numberOfLeadingZeros(bound);
        while (true) {
            int drawn = nextInt() >>> (32 - bits);
            if (drawn < bound) return drawn;
        }
    }

    /// `sample(range(population), count)`.
    List<Integer> sample(int population, int count) {
        if (count < 0 || count > population)
            throw new IllegalArgumentException(count + " of " + population);
        var result = new ArrayList<Integer>(count);
        if (population <= poolLimit(count)) {
            int[] pool = new int[population];
            for (int i = 0; i < population; i++) pool[i] = i;
            for (int i = 0; i < count; i++) {
                int j = below(population - i);
                result.add(pool[j]);
                pool[j] = pool[population - i - 1];
            }
        } else {
            var drawn = new HashSet<Integer>();
            while (result.size() < count) {
                int j = below(population);
                if (drawn.add(j)) result.add(j);
            }
        }
        return result;
    }

    /// Up to which size of a population Python copies it: 21, or for more than 5 draws also the
    /// power of 4 from three times as many on.
    private static long poolLimit(int count) {
        long limit = 21;
        if (count > 5) {
            long power = 1;
            while (power < 3L * count) power *= 4;
            limit += power;
        }
        return limit;
    }
}
