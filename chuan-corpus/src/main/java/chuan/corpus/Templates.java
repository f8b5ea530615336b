package chuan.corpus;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Texts with slots. `{animal.en}` is the field `en` of a word of the category `animal`, the same
/// word wherever the slot occurs; `{animal2.en}` is another one; `{Animal.en}` begins with a
/// capital; `{eat.{subject.form}}` takes the name of the field from another word; `{animal.a}` puts
/// "a" or "an" before `en` where a word does not say otherwise; `{zh}`, without a category, is a
/// text that was filled before.
final class Templates {
    private static final Pattern SLOT =
            Pattern.compile("\\{([A-Za-z-]+)([0-9]?)(?:\\.([a-z-]+))?\\}");
    private static final int TRIES = 200;

    private final Path file;
    private final Map<String, List<Map<String, String>>> words;

    Templates(Path file, Map<String, List<Map<String, String>>> words) {
        this.file = file;
        this.words = words;
    }

    /// Fills any number of texts with one choice of words.
    Filler filler(SplittableRandom random) {
        return new Filler(random);
    }

    final class Filler {
        private final SplittableRandom random;
        private final Map<String, Map<String, String>> chosen = new HashMap<>();

        private Filler(SplittableRandom random) {
            this.random = random;
        }

        /// @param texts for slots without a category
        String fill(String template, Map<String, String> texts) {
            String text = template;
            for (Matcher slot = SLOT.matcher(text); slot.find(); slot = SLOT.matcher(text)) {
                String value = value(template, slot, texts);
                text = text.substring(0, slot.start()) + value + text.substring(slot.end());
            }
            return text.isEmpty() ? text : capital(text);
        }

        private String value(String template, Matcher slot, Map<String, String> texts) {
            String category = slot.group(1);
            String field = slot.group(3);
            if (field == null) {
                String text = texts.get(category);
                if (text == null) {
                    throw problem(template, "no text '" + category + "'");
                }
                return text;
            }
            String name = category.toLowerCase(Locale.ROOT);
            String value = field(word(template, name, slot.group(2), field), field);
            return name.equals(category) ? value : capital(value);
        }

        private Map<String, String> word(
                String template, String category, String number, String field) {
            Map<String, String> known = chosen.get(category + number);
            if (known != null && !field(known, field).isEmpty()) {
                return known;
            }
            if (known != null) {
                throw problem(template, known + " has no '" + field + "'");
            }
            List<Map<String, String>> all = words.get(category);
            if (all == null || all.isEmpty()) {
                throw problem(template, "no words '" + category + "'");
            }
            for (int i = 0; i < TRIES; i++) {
                Map<String, String> word = all.get(random.nextInt(all.size()));
                if (!field(word, field).isEmpty() && !taken(category, word)) {
                    chosen.put(category + number, word);
                    return word;
                }
            }
            throw problem(template, "no word of '" + category + "' has '" + field + "'");
        }

        private boolean taken(String category, Map<String, String> word) {
            return chosen.entrySet().stream()
                    .anyMatch(e ->
                            e.getKey().replaceAll("[0-9]$", "").equals(category)
                                    && e.getValue().equals(word));
        }
    }

    private static String field(Map<String, String> word, String field) {
        String value = word.get(field);
        if (value != null) {
            return value;
        }
        String plain = word.getOrDefault("en", "");
        if (!field.equals("a") || plain.isEmpty()) {
            return "";
        }
        return ("aeiou".indexOf(plain.charAt(0)) >= 0 ? "an " : "a ") + plain;
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private CorpusException problem(String template, String what) {
        return new CorpusException(file + ": \"" + template + "\": " + what);
    }
}
