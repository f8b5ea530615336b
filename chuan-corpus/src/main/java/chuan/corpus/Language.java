package chuan.corpus;

import java.util.ArrayList;
import java.util.List;

/// Stage 4: the text is in the language it claims, in simplified characters. In a Chinese source,
/// lines in traditional characters and untranslated paragraphs go (in a source of pairs together
/// with their translation); a document that is then still mostly Latin is dropped.
final class Language {
    private Language() {}

    private static final int UNTRANSLATED_LETTERS = 40;
    private static final double LEAST_HAN_SHARE = 0.5;
    private static final double MOST_HAN_SHARE_EN = 0.05;

    /// The lines to keep, joined again; may be empty.
    static String keepLines(Document document, SourceRules rules) {
        if (!document.lang().equals("zh")) {
            return document.text();
        }
        List<String> kept = new ArrayList<>();
        String[] lines = document.text().split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            boolean keep = !isTraditional(lines[i]);
            if (rules.pairs()) {
                if (keep) {
                    kept.add(lines[i]);
                    if (i + 1 < lines.length) {
                        kept.add(lines[i + 1]);
                    }
                }
                i++;
            } else if (keep && (rules.anyLanguage() || !isUntranslated(lines[i]))) {
                kept.add(lines[i]);
            }
        }
        return Clean.joinLines(kept);
    }

    /// True when the document is in the language it claims.
    static boolean matches(Document document, SourceRules rules) {
        if (rules.anyLanguage()) {
            return true;
        }
        double han = Characters.countHan(document.text());
        double letters = han + Characters.countLatin(document.text());
        if (letters == 0) {
            return false;
        }
        return document.lang().equals("zh")
                ? han / letters >= LEAST_HAN_SHARE
                : han / letters <= MOST_HAN_SHARE_EN;
    }

    static boolean isTraditional(String line) {
        long traditional = line.chars().filter(Characters::isTraditional).count();
        return (traditional >= 2 && traditional * 50 >= line.length())
                || (traditional == 1 && line.length() <= 25);
    }

    private static boolean isUntranslated(String line) {
        int latin = Characters.countLatin(line);
        return latin >= UNTRANSLATED_LETTERS && Characters.countHan(line) * 5 < latin;
    }
}
