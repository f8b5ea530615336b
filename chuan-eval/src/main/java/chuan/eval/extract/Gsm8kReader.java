package chuan.eval.extract;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The rules by which results of GSM8K are read: its authors', those of lm-evaluation-harness
/// (filters of `gsm8k` and `gsm8k_cot`) and those of OpenCompass (until 2023, and 0.5.4).
///
/// The key is the result alone, as behind `#### ` in the set.
public enum Gsm8kReader implements AnswerReader, Comparison {
    AUTHORS {
        @Override
        public List<String> read(String reply) {
            return Python.list(Python.first(MARKED, reply).map(Gsm8kReader::withoutCommas));
        }

        @Override
        boolean equal(String answer, String key) {
            return answer.equals(withoutCommas(key));
        }
    },
    LM_EVAL_STRICT {
        @Override
        public List<String> read(String reply) {
            return Python.list(Python.first(MARKED, reply));
        }
    },
    LM_EVAL_COT_STRICT {
        @Override
        public List<String> read(String reply) {
            return Python.list(Python.first(CONCLUDED, reply));
        }
    },
    LM_EVAL_FLEXIBLE {
        @Override
        public List<String> read(String reply) {
            return Python.list(Python.last(ANY_NUMBER, reply));
        }
    },
    OPEN_COMPASS_2023 {
        @Override
        public List<String> read(String reply) {
            int blankLine = reply.indexOf("\n\n");
            String first = blankLine < 0 ? reply : reply.substring(0, blankLine);
            String[] words = first.split(" ", -1);
            for (int i = words.length - 1; i >= 0; i--) {
                String digits = digits(words[i]);
                if (!digits.isEmpty()) return List.of(digits);
            }
            return List.of();
        }

        @Override
        boolean equal(String answer, String key) {
            return answer.equals(withoutCommas(key));
        }
    },
    OPEN_COMPASS {
        @Override
        public List<String> read(String reply) {
            int further = reply.indexOf("Question:");
            String first = further < 0 ? reply : reply.substring(0, further);
            return Python.list(Python.last(DECIMAL, first));
        }

        @Override
        boolean equal(String answer, String key) {
            String right = withoutCommas(key);
            if (answer.equals(right)) return true;
            try {
                double difference = Double.parseDouble(answer) - Double.parseDouble(right);
                return Math.abs(difference) < 1e-6;
            } catch (NumberFormatException _) {
                return false;
            }
        }
    };

    private static final Pattern MARKED = Python.pattern("#### (-?[0-9.,]+)");
    private static final Pattern CONCLUDED = Python.pattern("The answer is (-?[0-9.,]+).");
    private static final Pattern ANY_NUMBER = Python.pattern("(-?[$0-9.,]{2,}|-?[0-9]+)");
    private static final Pattern DECIMAL = Python.pattern("(-?\\d+\\.\\d+|-?\\d+)");
    private static final Pattern LAST_DOT = Python.pattern("\\.$");

    @Override
    public double credit(List<String> answers, List<String> key) {
        return key.stream().anyMatch(k -> equal(answers.getLast(), k)) ? 1 : 0;
    }

    /// As `exact_match` of lm-evaluation-harness, with what its task file says not to look at.
    boolean equal(String answer, String key) {
        return plain(answer).equals(plain(key));
    }

    private static String plain(String text) {
        String bare = text.replace(",", "").replace("$", "");
        int mark = bare.lastIndexOf("#### ");
        if (mark >= 0) bare = bare.substring(mark + "#### ".length());
        return LAST_DOT.matcher(bare).replaceFirst("").toLowerCase(Locale.ROOT);
    }

    private static String withoutCommas(String text) {
        return Python.strip(text).replace(",", "");
    }

    private static String digits(String word) {
        var digits = new StringBuilder();
        word.codePoints().filter(Character::isDigit).forEach(digits::appendCodePoint);
        return digits.toString();
    }

    /// The result of a row of the set.
    public static Optional<String> key(String answer) {
        return Python.first(MARKED, answer).map(Gsm8kReader::withoutCommas);
    }
}
