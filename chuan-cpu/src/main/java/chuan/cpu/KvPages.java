package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.kernel.KvFormat;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/// Memory for the keys and values of all sequences of a back end, off the heap, in pages of
/// [#POSITIONS] positions. A page holds these positions for all layers and heads: one table of
/// pages serves the whole sequence, and sequences with a common beginning share pages. Inside, per
/// layer and head, a run of keys and a run of values ([KvFormat]) lie side by side.
///
/// Pages that come back are kept for the next sequence up to [#KEPT_BYTES], the others go back to
/// the operating system. The first pages of a small model lie in blocks and are always kept.
/// [#close] frees all of them, those in use too. Thread-safe.
final class KvPages implements AutoCloseable {
    /// Large enough that calls and page borders cost nothing beside the arithmetic, small enough
    /// that half a page of unused room does not matter: 26 MB for Baichuan-13B in fp16.
    static final int POSITIONS = Kernels.PAGE;

    /// Free pages beyond this are given back.
    static final long KEPT_BYTES = 256L << 20;

    /// Pages smaller than a huge page of the system share such blocks, as long as they would be
    /// kept anyway.
    private static final long BLOCK = 4 * SystemPages.HUGE;

    private static final long CACHE_LINE = 64;

    /// A piece of memory that is freed by closing its arena. Who wants to write to it must be its
    /// only user.
    static final class Page {
        private final @Nullable Arena owner;
        private final long address;

        /// Of each layer and head, the length of the longest key, once it is full.
        private final float[] longestKeys;

        /// Caches that hold it; guarded by the pool.
        private int users;

        /// @param owner null in a block
        private Page(@Nullable Arena owner, long address, int heads) {
            this.owner = owner;
            this.address = address;
            longestKeys = new float[heads];
        }

        long address() {
            return address;
        }

        float[] longestKeys() {
            return longestKeys;
        }

        private void free() {
            if (owner != null) owner.close();
        }
    }

    private final KvFormat format;
    private final int dim;
    private final int layers;
    private final int heads;
    private final long runBytes;
    private final long layerBytes;
    private final long pageBytes;
    private final ArrayDeque<Page> free = new ArrayDeque<>();
    private final ArrayList<Page> all = new ArrayList<>();
    private final Arena blocks = Arena.ofShared();
    private MemorySegment block = MemorySegment.NULL;
    private long blockUsed;
    private boolean closed;

    KvPages(ModelConfig config, KvType type) {
        format =
                switch (type) {
                    case F32 -> KvFormat.F32;
                    case F16 -> KvFormat.F16;
                    case INT8 -> KvFormat.INT8;
                };
        dim = config.headDim();
        layers = config.layers();
        heads = config.kvHeads();
        runBytes = format.runBytes(POSITIONS, dim);
        layerBytes = Math.multiplyExact(2L * heads, runBytes);
        pageBytes = Math.multiplyExact(layerBytes, (long) layers);
    }

    KvFormat format() {
        return format;
    }

    /// A cache that takes its pages here.
    CpuKvCache newCache(int capacity) {
        return new CpuKvCache(this, capacity);
    }

    /// @throws KvMemoryException if the operating system has no more
    synchronized Page take() {
        if (closed) throw new IllegalStateException("the back end is closed");
        Page page = free.pollLast();
        if (page == null) page = newPage();
        page.users = 1;
        return page;
    }

    /// Lets another cache hold it too.
    synchronized Page share(Page page) {
        page.users++;
        return page;
    }

    synchronized boolean isShared(Page page) {
        return page.users > 1;
    }

    /// A page with the contents of one that others use as well, which they keep.
    ///
    /// @throws KvMemoryException if the operating system has no more
    Page copy(Page page) {
        Page copy = take();
        MemorySegment.copy(
                MemorySegment.ofAddress(page.address).reinterpret(pageBytes),
                0,
                MemorySegment.ofAddress(copy.address).reinterpret(pageBytes),
                0,
                pageBytes);
        System.arraycopy(page.longestKeys, 0, copy.longestKeys, 0, copy.longestKeys.length);
        giveBack(page);
        return copy;
    }

    private Page newPage() {
        Page inBlock = pageInBlock();
        if (inBlock != null) return inBlock;
        var owner = Arena.ofShared();
        try {
            var page = new Page(owner, memory(owner).address(), layers * heads);
            all.add(page);
            return page;
        } catch (OutOfMemoryError _) {
            owner.close();
            throw new KvMemoryException(pageBytes, committedBytes());
        }
    }

    /// The next place of a block, or null if pages are large, or many already, or there are no huge
    /// pages.
    private @Nullable Page pageInBlock() {
        if (pageBytes >= SystemPages.HUGE || committedBytes() + BLOCK > KEPT_BYTES) return null;
        if (block.byteSize() - blockUsed < pageBytes) {
            var next = SystemPages.allocate(BLOCK, blocks);
            if (next == null) return null;
            block = next;
            blockUsed = 0;
        }
        var page = new Page(null, block.address() + blockUsed, layers * heads);
        blockUsed += Math.ceilDiv(pageBytes, CACHE_LINE) * CACHE_LINE;
        all.add(page);
        return page;
    }

    /// In huge pages of the system where it fills some: a token reads a few kilobytes here and
    /// there for each layer and head.
    private MemorySegment memory(Arena owner) {
        var huge = pageBytes < SystemPages.HUGE ? null : SystemPages.allocate(pageBytes, owner);
        return huge == null ? owner.allocate(pageBytes, CACHE_LINE) : huge;
    }

    /// Takes back a page from one of its users, who does not read it any more.
    synchronized void giveBack(Page page) {
        if (closed || --page.users > 0) return;
        if (page.owner == null || (free.size() + 1) * pageBytes <= KEPT_BYTES) {
            free.addLast(page);
        } else {
            all.remove(page);
            page.free();
        }
    }

    /// Bytes of the pages of `tokens` tokens.
    long bytes(int tokens) {
        return Math.multiplyExact(pageBytes, (long) Math.ceilDiv(tokens, POSITIONS));
    }

    /// Memory taken from the operating system and not given back.
    synchronized long committedBytes() {
        return all.size() * pageBytes;
    }

    /// That part of it which sequences hold.
    synchronized long usedBytes() {
        return (all.size() - free.size()) * pageBytes;
    }

    /// Number of a head among those of all layers.
    int headOf(int layer, int head) {
        return layer * heads + head;
    }

    /// Bytes from the start of a page to the keys of a head.
    long keysAt(int layer, int head) {
        return layer * layerBytes + 2 * head * runBytes;
    }

    /// Bytes from the start of a page to the values of a head.
    long valuesAt(int layer, int head) {
        return keysAt(layer, head) + runBytes;
    }

    /// Bytes from the start of a run to its scales.
    long scalesAt() {
        return format.scalesAt(POSITIONS, dim);
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (Page page : all) page.free();
        blocks.close();
        all.clear();
        free.clear();
    }
}
