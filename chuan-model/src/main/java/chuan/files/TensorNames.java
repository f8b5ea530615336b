package chuan.files;

import java.util.Arrays;
import java.util.List;

/// What the weights of a decoder are called in a kind of file, and in which order their rows lie
/// there.
sealed interface TensorNames permits HubNames, GgufNames {

    /// A tensor of a file.
    ///
    /// @param shape what it must have
    /// @param interleavedHeads heads whose rows lie as `0, d/2, 1, d/2 + 1, ...`, the order of
    ///   llama.cpp's rotation; 0 if rows lie in the official order
    record Place(String name, long[] shape, int interleavedHeads) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public String toString() {
            return name + Arrays.toString(shape);
        }
    }

    /// The ways in which the weight of this official name may be stored, the usual one first: each
    /// lists the tensors whose rows, under each other, are the weight.
    List<List<Place>> places(String name, long... shape);

    /// The name of the output matrix.
    String output();

    /// Whether the file's tensor of this name carries no knowledge.
    boolean isComputed(String name);

    /// What tells the shapes, for messages.
    String source();

    /// What a missing tensor means, for messages.
    String whyMissing();
}
