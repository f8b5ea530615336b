package chuan.cpu;

import chuan.files.TensorData;
import chuan.model.Ops;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Finds weights with a NaN or an infinity in them by what they do, the first time they are used:
/// such a weight, or the scale of a block, makes its element of every product anything but finite,
/// since `0 * infinity` is NaN too. So a file of gigabytes needs no search of its own; only where a
/// result is not finite is the weight searched, and refused if it is to blame. One thread.
final class FirstUse {
    private static final int EXPONENT = 0x7f80_0000;

    private final Map<CpuWeight, List<TensorData>> unseen = new IdentityHashMap<>();

    /// The weight is made of these, which nobody has searched.
    void expect(CpuWeight weight, List<TensorData> stored) {
        unseen.put(weight, stored);
    }

    /// The same verbs, watched as long as any weight is new.
    Ops<Activation, CpuWeight> watching(Ops<Activation, CpuWeight> inner) {
        if (unseen.isEmpty()) return inner;
        return new Ops<>() {
            @Override
            public Activation embed(CpuWeight table, int[] ids) {
                return inner.embed(table, ids);
            }

            @Override
            public Activation rmsNorm(Activation x, CpuWeight gain, float eps) {
                return inner.rmsNorm(x, gain, eps);
            }

            @Override
            public Activation linear(Activation x, CpuWeight w) {
                var result = inner.linear(x, w);
                look(result, w);
                return result;
            }

            @Override
            public Activation attend(int layer, Activation qkv) {
                return inner.attend(layer, qkv);
            }

            @Override
            public Activation swiglu(Activation x, CpuWeight gate, CpuWeight up) {
                var result = inner.swiglu(x, gate, up);
                look(result, gate);
                look(result, up);
                return result;
            }

            @Override
            public Activation add(Activation x, Activation y) {
                return inner.add(x, y);
            }

            @Override
            public Activation rows(Activation x, int[] which) {
                return inner.rows(x, which);
            }
        };
    }

    private void look(Activation result, CpuWeight weight) {
        var stored = unseen.get(weight);
        if (stored == null) return;
        if (!isFirstRowFinite(result)) for (TensorData tensor : stored) tensor.checkFinite();
        unseen.remove(weight);
    }

    /// All rows have met the same weights.
    private static boolean isFirstRowFinite(Activation result) {
        float[] values = result.data();
        for (int i = 0; i < result.width(); i++)
            if ((Float.floatToRawIntBits(values[i]) & EXPONENT) == EXPONENT) return false;
        return true;
    }
}
