package chuan.asm;

import java.util.ArrayList;
import java.util.List;

/// A place in the code that branches lead to; made and bound by one [X86Assembler].
public final class Label {
    static final int UNBOUND = -1;

    /// Offset in the code, or [#UNBOUND].
    int position = UNBOUND;

    /// Where 32-bit distances to this place, counted from their own end, are still to be written.
    final List<Integer> waiting = new ArrayList<>();

    Label() {}
}
