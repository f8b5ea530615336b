package chuan.tokenizer;

/// Which characters may stand in one piece: SentencePiece's `IsValidSentencePiece`, once as a test
/// on neighbours (where training text may be cut for good) and once for two symbols about to merge.
///
/// Scripts come from the JDK's Unicode tables. SentencePiece's own table is of an older Unicode: it
/// differs for U+0589, U+061C, U+0953, U+0954 and does not know newer letters.
final class PieceRules {
    static final int SPACE = '\u2581';

    /// Fits with every script.
    private static final int ANY = -1;

    /// Takes the script of the character before it, as combining marks do.
    private static final int INHERITED = -2;

    private final BpeTrainerOptions options;

    PieceRules(BpeTrainerOptions options) {
        this.options = options;
    }

    /// What merging needs to know about a symbol.
    ///
    /// @param characters its code points
    /// @param first script of its first character that is neither space nor inherited, or ANY
    /// @param last script that a following inherited character would take
    /// @param spaceEnd whether it ends in ▁
    /// @param allSpace whether it is made of ▁ only
    /// @param hasSpace whether it holds ▁
    record Symbol(
            int[] characters,
            int first,
            int last,
            boolean spaceEnd,
            boolean allSpace,
            boolean hasSpace,
            boolean inheritsOnly) {}

    Symbol symbol(int character) {
        boolean space = character == SPACE;
        int script = script(character);
        int own = script == INHERITED ? ANY : script;
        return new Symbol(
                new int[] {character}, own, own, space, space, space, script == INHERITED || space);
    }

    Symbol merge(Symbol left, Symbol right) {
        int[] characters = new int[left.characters.length + right.characters.length];
        System.arraycopy(left.characters, 0, characters, 0, left.characters.length);
        System.arraycopy(
                right.characters, 0, characters, left.characters.length, right.characters.length);
        return new Symbol(
                characters,
                left.inheritsOnly ? right.first : left.first,
                right.inheritsOnly ? left.last : right.last,
                right.spaceEnd,
                left.allSpace && right.allSpace,
                left.hasSpace || right.hasSpace,
                left.inheritsOnly && right.inheritsOnly);
    }

    /// Whether the two, each a valid piece, are one together.
    boolean mayMerge(Symbol left, Symbol right) {
        if (left.characters.length + right.characters.length > options.maximumPieceLength()) {
            return false;
        }
        if (options.splitDigits()
                && (isSingleDigit(left.characters) || isSingleDigit(right.characters))) {
            return false;
        }
        boolean allSpace = left.allSpace && right.allSpace;
        if (!(options.whitespaceOnlyPieces() && allSpace)) {
            boolean spaceWrong =
                    options.splitByWhitespace()
                            ? right.hasSpace || (left.allSpace && left.characters.length > 1)
                            : right.spaceEnd;
            if (spaceWrong) {
                return false;
            }
        }
        return !options.splitByUnicodeScript()
                || left.last == ANY
                || right.first == ANY
                || left.last == right.first;
    }

    /// Whether a piece might hold these two neighbours; never false where one could.
    boolean mayJoin(int left, int right) {
        if (options.splitDigits() && (isDigit(left) || isDigit(right))) {
            return false;
        }
        if (right == SPACE) {
            return !options.splitByWhitespace()
                    || (options.whitespaceOnlyPieces() && left == SPACE);
        }
        if (left == SPACE || !options.splitByUnicodeScript()) {
            return true;
        }
        int a = script(left);
        int b = script(right);
        return a < 0 || b < 0 || a == b;
    }

    private int script(int c) {
        if (c == SPACE || (!options.splitByNumber() && isDigit(c))) {
            return ANY;
        }
        if (c == 0x30FC) { // the long vowel sign
            return Character.UnicodeScript.HAN.ordinal();
        }
        return switch (Character.UnicodeScript.of(c)) {
            case HIRAGANA, KATAKANA -> Character.UnicodeScript.HAN.ordinal();
            case INHERITED -> INHERITED;
            case UNKNOWN -> Character.UnicodeScript.COMMON.ordinal();
            default -> Character.UnicodeScript.of(c).ordinal();
        };
    }

    private static boolean isSingleDigit(int[] characters) {
        return characters.length == 1 && isDigit(characters[0]);
    }

    private static boolean isDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19);
    }
}
