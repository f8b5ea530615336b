package chuan.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// How text is rewritten before pieces are looked for.
///
/// @param name the rule's name, for people: `nmt_nfkc`, `identity`
/// @param charsmap SentencePiece's precompiled rules (see [Charsmap]); empty = no rewriting. Not to
///   be modified.
/// @param addDummyPrefix put a space in front, so that a first word looks like any other
/// @param removeExtraWhitespaces drop spaces at both ends and make runs of spaces one
/// @param escapeWhitespaces write a space as ▁ (U+2581)
public record NormalizerSettings(
        String name,
        byte[] charsmap,
        boolean addDummyPrefix,
        boolean removeExtraWhitespaces,
        boolean escapeWhitespaces) {

    private static final String NMT_NFKC = "nmt_nfkc";

    /// The rules of the official Baichuan tokenizer: nmt_nfkc, dummy prefix, spaces kept.
    public static NormalizerSettings baichuan() {
        return new NormalizerSettings(NMT_NFKC, nmtNfkc(), true, false, true);
    }

    /// SentencePiece's own default: nmt_nfkc, dummy prefix, extra spaces removed.
    public static NormalizerSettings sentencePieceDefault() {
        return new NormalizerSettings(NMT_NFKC, nmtNfkc(), true, true, true);
    }

    /// No rewriting but the dummy prefix and ▁ for spaces, as LLaMA's tokenizer.
    public static NormalizerSettings identity() {
        return new NormalizerSettings("identity", new byte[0], true, false, true);
    }

    /// No rewriting at all but ▁ for spaces.
    static NormalizerSettings exact() {
        return new NormalizerSettings("exact", new byte[0], false, false, true);
    }

    /// These settings with the other choice for extra spaces.
    public NormalizerSettings withRemoveExtraWhitespaces(boolean remove) {
        return new NormalizerSettings(name, charsmap, addDummyPrefix, remove, escapeWhitespaces);
    }

    /// SentencePiece's nmt_nfkc rules as its version 0.1.99 compiles them into each model.
    private static byte[] nmtNfkc() {
        try (InputStream in = NormalizerSettings.class.getResourceAsStream("nmt_nfkc.charsmap")) {
            if (in == null) {
                throw new IllegalStateException("nmt_nfkc.charsmap is missing from the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
