package chuan.engine;

/// The way through a document that is longer than what a model sees at once: windows of `window`
/// tokens that advance by `stride`, each read in steps of bounded size. Every token but the first
/// is predicted once, in the first window that holds it.
record Windows(int window, int stride) {
    /// Tokens per step whose logits nobody wants.
    private static final int SILENT = 128;

    interface Reader {
        /// A window begins: forget what came before.
        ///
        /// @return false to stop
        boolean restart();

        /// Tokens `[from, to)` follow; with `wanted` they predict tokens `[from + 1, to]`, else
        /// those were predicted in an earlier window.
        ///
        /// @return false to stop
        boolean step(int from, int to, boolean wanted);
    }

    /// @param length of the document in tokens
    /// @param rows most tokens in a step that is wanted
    /// @return false if the reader stopped
    boolean read(int length, int rows, Reader reader) {
        int counted = 1;
        for (int from = 0; counted < length; from += Math.min(stride, window - 1)) {
            int end = Math.min(length, from + window);
            if (!reader.restart() || !read(from, counted - 1, end - 1, rows, reader)) return false;
            // With `stride == window` the next window begins with the last token of this one, to
            // predict from.
            counted = end;
        }
        return true;
    }

    private static boolean read(int from, int firstWanted, int end, int rows, Reader reader) {
        for (int at = from; at < end; ) {
            boolean wanted = at >= firstWanted;
            int to = wanted ? Math.min(end, at + rows) : Math.min(firstWanted, at + SILENT);
            if (!reader.step(at, to, wanted)) return false;
            at = to;
        }
        return true;
    }
}
