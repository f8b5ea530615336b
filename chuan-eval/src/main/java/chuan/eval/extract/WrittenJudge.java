package chuan.eval.extract;

import chuan.eval.Judge;
import chuan.eval.Reply;
import chuan.eval.Verdict;
import java.util.List;

/// Judges by what the model wrote: the last reply holds the answer.
///
/// @param choices words of answers by their letters, A first, for readers that find an option's
///   text in place of its letter; empty if there are none
/// @param key right answers in the words of the task
public record WrittenJudge(
        AnswerReader reader, Comparison comparison, List<String> choices, List<String> key)
        implements Judge {

    /// Readers take time that grows with the square of a hostile text's length; nothing that a
    /// benchmark lets a model write is as long as this. Of a longer text both ends count, for some
    /// readers look for the first and some for the last place.
    static final int LONGEST = 16_384;

    public WrittenJudge {
        choices = List.copyOf(choices);
        key = List.copyOf(key);
    }

    public WrittenJudge(AnswerReader reader, Comparison comparison, List<String> key) {
        this(reader, comparison, List.of(), key);
    }

    @Override
    public Verdict judge(List<Reply> replies) {
        for (Reply reply : replies) if (reply instanceof Reply.Failure) return Verdict.failed();
        return judge(
                switch (replies.getLast()) {
                    case Reply.Writing writing -> writing.text();
                    case Reply.Letters letters -> letters.written();
                    case Reply.Likelihood _ ->
                            throw new IllegalArgumentException("likelihoods are no text");
                    case Reply.Failure _ -> throw new IllegalStateException("judged above");
                });
    }

    Verdict judge(String text) {
        var found = reader.read(bounded(text));
        if (found.isEmpty()) return Verdict.unparsed();
        var answers = found.stream().map(this::lettered).toList();
        if (!choices.isEmpty() && answers.stream().noneMatch(this::isLetter))
            return Verdict.unparsed();
        return new Verdict(
                Verdict.Outcome.ANSWERED,
                String.join("", answers),
                comparison.credit(answers, key),
                List.of());
    }

    /// The letter of an option whose text was found, above all of one that the key names.
    private String lettered(String answer) {
        for (String right : key)
            if (isLetter(right) && choices.get(right.charAt(0) - 'A').equals(answer)) return right;
        if (isLetter(answer)) return answer;
        int at = choices.indexOf(answer);
        return at < 0 ? answer : String.valueOf((char) ('A' + at));
    }

    private boolean isLetter(String answer) {
        return answer.length() == 1
                && answer.charAt(0) >= 'A'
                && answer.charAt(0) < 'A' + choices.size();
    }

    private static String bounded(String text) {
        if (text.length() <= LONGEST) return text;
        int half = LONGEST / 2;
        return text.substring(0, half) + "\n" + text.substring(text.length() - half);
    }
}
