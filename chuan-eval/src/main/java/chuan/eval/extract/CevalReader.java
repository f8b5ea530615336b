package chuan.eval.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The rules of C-Eval's evaluators (`code/evaluator_series/evaluators` of hkust-nlp/ceval).
public enum CevalReader implements AnswerReader {
    /// Chat without examples: the first character if it is a letter, else phrases in a fixed order;
    /// of those that occur the last place counts.
    CHAT_ZERO_SHOT {
        @Override
        public List<String> read(String reply) {
            String text = Python.strip(reply);
            if (!text.isEmpty() && text.charAt(0) >= 'A' && text.charAt(0) <= 'D')
                return List.of(text.substring(0, 1));
            return Python.list(firstPhrase(ZERO_SHOT, text, Python::last));
        }
    },
    /// Chat with examples: nothing but the letter, whatever its case and with whatever ASCII
    /// punctuation.
    CHAT_FEW_SHOT {
        @Override
        public List<String> read(String reply) {
            return Python.list(bare(reply));
        }
    },
    /// Chat with reasoning: the last conclusion of three kinds.
    CHAT_COT {
        @Override
        public List<String> read(String reply) {
            return Python.list(
                    firstPhrase(CONCLUSIONS, reply, Python::last).flatMap(CevalReader::bare));
        }
    },
    /// A continued text with reasoning, whose prompt ends in `让我们一步一步思考，` and `1.`: the reply up to
    /// a further reasoning, and of 31 phrases the first that occurs anywhere. What is found may be
    /// the text of an option in place of its letter.
    TEXT_COT {
        @Override
        public List<String> read(String reply) {
            int further = reply.indexOf(REASONING);
            String own = further < 0 ? reply : reply.substring(0, further);
            return Python.list(firstPhrase(REASONED, REASONING + "，\n1." + own, Python::first));
        }
    };

    private static final String REASONING = "让我们一步一步思考";
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private static final List<Pattern> ZERO_SHOT = zeroShot();
    private static final List<Pattern> CONCLUSIONS =
            patterns("答案是(.+?)。", "答案为(.+?)。", "选项(.+?)是正确的。");

    /// `~` stands for the letter. The dollar sign within brackets is that character.
    private static final List<Pattern> REASONED =
            patterns(
                    // the answer is, should be, chosen
                    "答案是?\\s?~",
                    "答案是?\\s?：~",
                    "答案是?\\s?:~",
                    "答案应该?是\\s?~",
                    "答案应该?选\\s?~",
                    "答案为\\s?~",
                    "选择\\s?~",
                    // only one of them is right, or wrong
                    "只有选?项?\\s?~\\s?是?对",
                    "只有选?项?\\s?~\\s?是?错",
                    "只有选?项?\\s?~\\s?不?正确",
                    "只有选?项?\\s?~\\s?错误",
                    "说法不?对选?项?的?是\\s?~",
                    "说法不?正确选?项?的?是\\s?~",
                    "说法错误选?项?的?是\\s?~",
                    "~\\s?是正确的",
                    "~\\s?是正确答案",
                    "选项\\s?~\\s?正确",
                    "所以答\\s?~",
                    // a letter at the end of the text
                    "1.\\s?~[.。$]?$",
                    "所以\\s?([ABCD][.。$]?$)",
                    "所有\\s?([ABCD][.。$]?$)",
                    "[\\s，：:,]~[。，,.]?$",
                    "[\\s，,：:][故即]~[。.]?$",
                    "[\\s，,：:]因此~[。.]?$",
                    "[是为。]\\s?~[。.]?$",
                    "因此\\s?~[。.]?$",
                    "显然\\s?~[。.]?$",
                    // words, which may be those of an option
                    "1.\\s?(.*?)$",
                    "答案是\\s?(\\S+)(?:。|$)",
                    "答案应该是\\s?(\\S+)(?:。|$)",
                    "答案为\\s?(\\S+)(?:。|$)");

    private interface Place {
        Optional<String> of(Pattern pattern, String text);
    }

    private static Optional<String> firstPhrase(List<Pattern> phrases, String text, Place place) {
        for (var phrase : phrases) {
            var found = place.of(phrase, text);
            if (found.isPresent()) return found;
        }
        return Optional.empty();
    }

    private static List<Pattern> patterns(String... phrases) {
        var patterns = new ArrayList<Pattern>();
        for (String phrase : phrases) patterns.add(Python.pattern(phrase.replace("~", "([ABCD])")));
        return List.copyOf(patterns);
    }

    private static List<Pattern> zeroShot() {
        var phrases = new ArrayList<String>(List.of("^选~", "^选项~"));
        String option = "\\s?选?项?\\s?~";
        for (String is : List.of("是", "为", "应为", "选", "是:", "应该是:"))
            phrases.add("答案" + is + option);
        phrases.add("正确的一项是\\s?~");
        for (String is : List.of("为:", "应为:", ":", "是：", "应该是：", "为：", "应为：", "："))
            phrases.add("答案" + is + option);
        return patterns(phrases.toArray(String[]::new));
    }

    /// The letter of a text that is nothing else, as `exact_match` of the original sees it.
    private static Optional<String> bare(String text) {
        var left = new StringBuilder();
        for (char c : text.toCharArray()) if (PUNCTUATION.indexOf(c) < 0) left.append(c);
        String letter = Python.strip(left.toString()).toUpperCase(Locale.ROOT);
        boolean one = letter.length() == 1 && letter.charAt(0) >= 'A' && letter.charAt(0) <= 'D';
        return one ? Optional.of(letter) : Optional.empty();
    }
}
