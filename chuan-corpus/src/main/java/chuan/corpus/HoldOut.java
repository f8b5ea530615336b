package chuan.corpus;

/// Which documents nobody trains on: those whose id hashes into the lowest share. Depends on the id
/// alone, so a document stays held out when the corpus around it changes.
record HoldOut(double share) {
    HoldOut {
        if (!(share >= 0 && share < 0.5)) {
            throw new IllegalArgumentException(
                    "share of held-out documents must be in [0, 0.5): " + share);
        }
    }

    boolean takes(String id) {
        double place = (Hash.stable(id) >>> 11) * 0x1p-53;
        return place < share;
    }
}
