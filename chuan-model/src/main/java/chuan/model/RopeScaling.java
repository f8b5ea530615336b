package chuan.model;

/// How RoPE is made to serve a longer context than it was trained for. The formulas are those of
/// transformers (`modeling_rope_utils.py`), with one difference: there, dynamic scaling follows the
/// length of the sequence step by step, so that keys cached early were turned by other angles than
/// those computed now; here it is fixed by the chosen context, and a text read in pieces gives what
/// it gives when read at once.
public sealed interface RopeScaling {

    /// The base to use in place of `theta`.
    default double base(double theta, int headDim) {
        return theta;
    }

    /// What positions are divided by.
    default double divisor() {
        return 1;
    }

    private static void atLeastOne(String what, double value) {
        if (!(value >= 1) || Double.isInfinite(value))
            throw new IllegalArgumentException(
                    what + " must be a number of at least 1, not " + value);
    }

    /// As trained.
    record None() implements RopeScaling {}

    /// Positions are divided by `factor` (Chen et al. 2023, "Extending Context Window of Large
    /// Language Models via Positional Interpolation").
    record Linear(double factor) implements RopeScaling {
        public Linear {
            atLeastOne("factor", factor);
        }

        @Override
        public double divisor() {
            return factor;
        }
    }

    /// Dynamic NTK: the base becomes `theta * (factor * context / trained - (factor - 1))^(d / (d -
    /// 2))` for heads of width `d`. With factor 1 the slowest pair turns `context / trained` times
    /// as slowly and the fastest as before.
    ///
    /// @param trained tokens the model was trained on
    /// @param context tokens it shall read; below `trained` nothing changes
    record Dynamic(double factor, int trained, int context) implements RopeScaling {
        public Dynamic {
            atLeastOne("factor", factor);
            if (trained <= 0 || context <= 0)
                throw new IllegalArgumentException(
                        "trained " + trained + " and context " + context + " must be positive");
        }

        @Override
        public double base(double theta, int headDim) {
            double length = Math.max(1, (double) context / trained);
            double growth = factor * length - (factor - 1);
            return headDim <= 2 ? theta : theta * Math.pow(growth, headDim / (headDim - 2.0));
        }
    }
}
