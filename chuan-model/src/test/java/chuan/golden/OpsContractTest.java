package chuan.golden;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.model.ModelConfig;
import chuan.model.Ops;
import chuan.model.Position;
import chuan.model.ReferenceOps;
import chuan.model.RopeScaling;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The contract of the seven verbs: a back end gives what [ReferenceOps] gives, up to a bound that
/// follows from the lengths of its sums, the size of their terms and its unit roundoff. Odd widths,
/// one row and many, zeros, and values near the ends of the range.
///
/// A subclass says how to open a session and how to move values in and out. Prints, per verb, the
/// largest fraction of the bound that was used.
///
/// @param <A> the back end's activations
/// @param <W> the back end's weights
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class OpsContractTest<A, W> {

    /// One sequence with its cache; each step continues it.
    public interface Session<A, W> extends AutoCloseable {
        /// The verbs for the next `rows` positions.
        Ops<A, W> step(int rows);

        @Override
        default void close() {}
    }

    /// Shapes with tails for every vector width; heads that are no power of two; grouped queries.
    protected static final List<ModelConfig> CONFIGS =
            List.of(
                    config(7, 3, 5, 1, 1, 3, new Position.Alibi()),
                    config(50, 20, 33, 5, 5, 4, new Position.Alibi()),
                    config(130, 96, 257, 12, 12, 8, new Position.Alibi()),
                    config(64, 130, 70, 2, 1, 65, new Position.Alibi()),
                    config(50, 20, 33, 6, 6, 4, new Position.Alibi(4)),
                    config(40, 24, 40, 6, 2, 4, new Position.Rope(10_000)),
                    config(33, 64, 172, 2, 1, 48, new Position.Rope(500_000)),
                    config(
                            33,
                            64,
                            172,
                            2,
                            1,
                            48,
                            new Position.Rope(10_000, new RopeScaling.Linear(2.5))),
                    config(
                            33,
                            64,
                            172,
                            2,
                            1,
                            48,
                            new Position.Rope(10_000, new RopeScaling.Dynamic(2, 8, 40))),
                    config(100, 320, 864, 5, 5, 64, new Position.Rope(10_000)));

    private static final int[] ROWS = {1, 2, 5, 17};

    private final long seed = Long.getLong("chuan.seed", 1);
    private final Map<String, Double> used = new TreeMap<>();

    /// Opens a sequence of at most `capacity` positions.
    protected abstract Session<A, W> open(ModelConfig config, int capacity);

    /// A weight `[out, in]`, or `[1, width]` for a gain.
    protected abstract W weight(float[][] rows);

    protected abstract A activation(float[][] rows);

    /// The values of an activation, copied.
    protected abstract float[][] values(A activation);

    /// The values that [#weight] keeps of these, for number formats that round.
    protected float[][] kept(float[][] rows) {
        return rows;
    }

    /// Relative error of one operation. Sums may be in any order.
    protected double roundoff() {
        return Math.ulp(1f) / 2;
    }

    private static ModelConfig config(
            int vocab, int hidden, int ff, int heads, int kvHeads, int headDim, Position position) {
        return new ModelConfig(
                vocab, hidden, ff, 2, heads, kvHeads, headDim, 4096, 1e-6f, position, false, false,
                0);
    }

    @AfterAll
    void printUsed() {
        used.forEach((verb, fraction) ->
                System.out.printf(
                        Locale.ROOT,
                        "%s: %-8s used %.3f of its error bound (seed %d, -Dchuan.seed)%n",
                        getClass().getSimpleName(),
                        verb,
                        fraction,
                        seed));
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void embedCopiesRows(ModelConfig c) {
        var random = new Random(seed);
        float[][] table = kept(random(random, c.vocab(), c.hidden(), 1));
        int[] ids = {c.vocab() - 1, 0, 3, 0};
        try (var session = open(c, 8)) {
            var actual = values(session.step(ids.length).embed(weight(table), ids));
            for (int i = 0; i < ids.length; i++) assertThat(actual[i]).isEqualTo(table[ids[i]]);
        }
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void rmsNormFollowsTheReference(ModelConfig c) {
        var random = new Random(seed);
        float[][] gain = kept(random(random, 1, c.hidden(), 1));
        for (double scale : new double[] {1, 1e-12, 1e15})
            for (int rows : ROWS) {
                float[][] x = random(random, rows, c.hidden(), scale);
                Arrays.fill(x[rows - 1], 0);
                float[][] expected = new ReferenceOps(c).rmsNorm(copy(x), gain, c.normEps());
                try (var session = open(c, 32)) {
                    var actual =
                            session.step(rows).rmsNorm(activation(x), weight(gain), c.normEps());
                    double relative = (c.hidden() / 2.0 + 8) * roundoff();
                    check(
                            "rmsNorm",
                            expected,
                            values(actual),
                            scaled(absolute(expected), relative));
                }
            }
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void linearFollowsTheReference(ModelConfig c) {
        int[][] shapes = {
            {c.qkvWidth(), c.hidden()},
            {c.hidden(), c.queryWidth()},
            {c.hidden(), c.ff()},
            {c.vocab(), c.hidden()}
        };
        var random = new Random(seed);
        for (int[] shape : shapes)
            for (double scale : new double[] {1, 1e-15, 1e15})
                for (int rows : ROWS) {
                    float[][] w = kept(random(random, shape[0], shape[1], 1));
                    float[][] x = random(random, rows, shape[1], scale);
                    Arrays.fill(x[rows / 2], 0);
                    try (var session = open(c, 32)) {
                        var actual = session.step(rows).linear(activation(x), weight(w));
                        check(
                                "linear",
                                new ReferenceOps(c).linear(x, w),
                                values(actual),
                                linearBound(c, x, w));
                    }
                }
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void swigluFollowsTheReference(ModelConfig c) {
        var random = new Random(seed);
        for (double scale : new double[] {1, 0.01, 100})
            for (int rows : ROWS) {
                float[][] gate = kept(random(random, c.ff(), c.hidden(), 1));
                float[][] up = kept(random(random, c.ff(), c.hidden(), 1));
                float[][] x = random(random, rows, c.hidden(), scale);
                try (var session = open(c, 32)) {
                    var actual = session.step(rows).swiglu(activation(x), weight(gate), weight(up));
                    check(
                            "swiglu",
                            new ReferenceOps(c).swiglu(x, gate, up),
                            values(actual),
                            swigluBound(c, x, gate, up));
                }
            }
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void addIsOneRoundedSum(ModelConfig c) {
        var random = new Random(seed);
        for (int rows : ROWS) {
            float[][] x = random(random, rows, c.hidden(), 1);
            float[][] y = random(random, rows, c.hidden(), 1000);
            float[][] expected = new ReferenceOps(c).add(copy(x), y);
            try (var session = open(c, 32)) {
                var ops = session.step(rows);
                var actual = values(ops.add(activation(x), activation(y)));
                check("add", expected, actual, scaled(absolute(expected), roundoff()));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("CONFIGS")
    void rowsCopies(ModelConfig c) {
        float[][] x = random(new Random(seed), 5, c.hidden(), 1);
        for (int[] which : new int[][] {{4}, {0, 1, 2, 3, 4}, {1, 3}}) {
            try (var session = open(c, 32)) {
                var actual = values(session.step(5).rows(activation(x), which));
                for (int i = 0; i < which.length; i++) assertThat(actual[i]).isEqualTo(x[which[i]]);
            }
        }
    }

    /// In pieces of several sizes, so that early rows come from the cache; flat and sharp
    /// attention.
    @ParameterizedTest
    @FieldSource("CONFIGS")
    void attendFollowsTheReference(ModelConfig c) {
        var random = new Random(seed);
        int[] pieces = {3, 1, 1, 17, 2, 40, 1};
        for (double scale : new double[] {0.01, 1, 30}) {
            var reference = new ReferenceOps(c);
            var keys = new float[c.layers()][0][];
            try (var session = open(c, 65)) {
                for (int rows : pieces) {
                    var ops = session.step(rows);
                    for (int layer = 0; layer < c.layers(); layer++) {
                        float[][] qkv = random(random, rows, c.qkvWidth(), scale);
                        keys[layer] = append(keys[layer], qkv);
                        float[][] expected = reference.attend(layer, copy(qkv));
                        var actual = values(ops.attend(layer, activation(qkv)));
                        check("attend", expected, actual, attendBound(c, keys[layer], rows));
                    }
                }
            }
        }
    }

    /// `n u sum |x w|` for a sum of n products in any order (Higham 2002, section 3.1).
    private double[][] linearBound(ModelConfig c, float[][] x, float[][] w) {
        double relative = (w[0].length + 2) * roundoff();
        float[][] terms = new ReferenceOps(c).linear(absolute(x), absolute(w));
        return scaled(terms, relative);
    }

    /// Errors of both sums through `silu(g) u`, whose slope in g is at most 1.1 |u|, and a few
    /// roundings for the exponential.
    private double[][] swigluBound(ModelConfig c, float[][] x, float[][] gate, float[][] up) {
        var reference = new ReferenceOps(c);
        float[][] g = reference.linear(x, gate);
        float[][] u = reference.linear(x, up);
        double[][] gBound = linearBound(c, x, gate);
        double[][] uBound = linearBound(c, x, up);
        var bound = new double[g.length][g[0].length];
        for (int r = 0; r < g.length; r++)
            for (int i = 0; i < g[r].length; i++) {
                double silu = Math.abs(g[r][i] / (1 + Math.exp(-g[r][i])));
                bound[r][i] =
                        1.1 * gBound[r][i] * (Math.abs(u[r][i]) + uBound[r][i])
                                + silu * uBound[r][i]
                                + 16 * roundoff() * silu * Math.abs(u[r][i])
                                + Float.MIN_NORMAL;
            }
        return bound;
    }

    /// An error e in every score changes a weight by the factor exp(2 e) at most, and so the result
    /// by that times the largest value; then come the roundings of the weighted sum.
    private double[][] attendBound(ModelConfig c, float[][] all, int rows) {
        double largestScore = 0;
        double largestValue = 0;
        int d = c.headDim();
        for (float[] q : all)
            for (float[] k : all)
                for (int h = 0; h < c.heads(); h++) {
                    int key = c.queryWidth() + h / (c.heads() / c.kvHeads()) * d;
                    double sum = 0;
                    for (int i = 0; i < d; i++) sum += Math.abs(q[h * d + i] * k[key + i]);
                    largestScore = Math.max(largestScore, sum / Math.sqrt(d));
                }
        for (float[] row : all)
            for (int i = c.queryWidth() + c.kvWidth(); i < row.length; i++)
                largestValue = Math.max(largestValue, Math.abs(row[i]));
        // Rotation mixes pairs, so a rotated product may be twice the plain one; angles are
        // rounded.
        double rotation = c.position() instanceof Position.Rope ? 2 : 1;
        double scoreError =
                rotation * (d + 8 + 4 * rotation) * roundoff() * largestScore
                        + 2 * roundoff() * all.length;
        double relative = Math.expm1(2 * scoreError) + (all.length + 16) * roundoff();
        var bound = new double[rows][c.queryWidth()];
        for (double[] row : bound) Arrays.fill(row, relative * largestValue);
        return bound;
    }

    private void check(String verb, float[][] expected, float[][] actual, double[][] bound) {
        assertThat(actual.length).as("%s: rows", verb).isEqualTo(expected.length);
        for (int r = 0; r < expected.length; r++) {
            assertThat(actual[r].length).as("%s: width", verb).isEqualTo(expected[r].length);
            for (int i = 0; i < expected[r].length; i++) {
                double difference = Math.abs((double) expected[r][i] - actual[r][i]);
                double limit = bound[r][i] + Math.ulp(expected[r][i]);
                assertThat(difference <= limit)
                        .as(
                                "%s: row %d, element %d is %s instead of %s, bound %.2e, seed %d",
                                verb, r, i, actual[r][i], expected[r][i], limit, seed)
                        .isTrue();
                used.merge(verb, difference / limit, Math::max);
            }
        }
    }

    private static float[][] random(Random random, int rows, int columns, double scale) {
        var out = new float[rows][columns];
        for (float[] row : out)
            for (int i = 0; i < columns; i++) row[i] = (float) (random.nextGaussian() * scale);
        return out;
    }

    private static float[][] copy(float[][] x) {
        return Arrays.stream(x).map(float[]::clone).toArray(float[][]::new);
    }

    private static float[][] absolute(float[][] x) {
        float[][] out = copy(x);
        for (float[] row : out) for (int i = 0; i < row.length; i++) row[i] = Math.abs(row[i]);
        return out;
    }

    private static double[][] scaled(float[][] x, double factor) {
        var out = new double[x.length][x[0].length];
        for (int r = 0; r < x.length; r++)
            for (int i = 0; i < x[r].length; i++) out[r][i] = x[r][i] * factor + Float.MIN_NORMAL;
        return out;
    }

    private static float[][] append(float[][] past, float[][] rows) {
        float[][] out = Arrays.copyOf(past, past.length + rows.length);
        System.arraycopy(rows, 0, out, past.length, rows.length);
        return out;
    }
}
