package chuan.eval.task;

import chuan.eval.Judge;
import chuan.eval.extract.AgievalReader;
import chuan.eval.extract.AnswerReader;
import chuan.eval.extract.CevalReader;
import chuan.eval.extract.CmmluReader;
import chuan.eval.extract.Comparison;
import chuan.eval.extract.GaokaoReader;
import chuan.eval.extract.Gsm8kReader;
import chuan.eval.extract.StrictLetter;
import chuan.eval.extract.WrittenJudge;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Who reads a written answer, by the name in a task file.
enum TextJudge {
    STRICT_LETTER,
    CMMLU,
    CEVAL_CHAT,
    CEVAL_CHAT_EXAMPLES,
    CEVAL_CHAT_COT,
    CEVAL_TEXT_COT,
    AGIEVAL_ZERO_SHOT,
    AGIEVAL_ZERO_SHOT_COT,
    AGIEVAL_FEW_SHOT,
    AGIEVAL_FEW_SHOT_COT,
    GAOKAO,
    GSM8K_AUTHORS,
    GSM8K_LM_EVAL,
    GSM8K_LM_EVAL_FLEXIBLE,
    GSM8K_LM_EVAL_COT,
    GSM8K_OPENCOMPASS,
    GSM8K_OPENCOMPASS_2023;

    private static final String KIND = "kind";

    /// What a subject has to say for this judge: a key and what it may hold.
    record Need(String key, List<String> values) {
        Need {
            values = List.copyOf(values);
        }
    }

    Optional<Need> need() {
        return switch (this) {
            case AGIEVAL_ZERO_SHOT, AGIEVAL_ZERO_SHOT_COT, AGIEVAL_FEW_SHOT, AGIEVAL_FEW_SHOT_COT ->
                    Optional.of(new Need(KIND, names(AgievalReader.Kind.class)));
            case GAOKAO -> Optional.of(new Need(KIND, names(GaokaoReader.Type.class)));
            default -> Optional.empty();
        };
    }

    private static List<String> names(Class<? extends Enum<?>> type) {
        return Arrays.stream(type.getEnumConstants()).map(Keys::name).toList();
    }

    Judge judge(TaskFile.Subject subject, Item item, List<String> letters) {
        return switch (this) {
            case STRICT_LETTER ->
                    letter(new StrictLetter(letters.size(), item.options()), item, letters);
            case CMMLU -> letter(new CmmluReader(), item, letters);
            case CEVAL_CHAT -> letter(CevalReader.CHAT_ZERO_SHOT, item, letters);
            case CEVAL_CHAT_EXAMPLES -> letter(CevalReader.CHAT_FEW_SHOT, item, letters);
            case CEVAL_CHAT_COT -> letter(CevalReader.CHAT_COT, item, letters);
            case CEVAL_TEXT_COT -> letter(CevalReader.TEXT_COT, item, letters);
            case AGIEVAL_ZERO_SHOT -> agieval(AgievalReader.Setting.ZERO_SHOT, subject, item);
            case AGIEVAL_ZERO_SHOT_COT ->
                    agieval(AgievalReader.Setting.ZERO_SHOT_COT, subject, item);
            case AGIEVAL_FEW_SHOT -> agieval(AgievalReader.Setting.FEW_SHOT, subject, item);
            case AGIEVAL_FEW_SHOT_COT -> agieval(AgievalReader.Setting.FEW_SHOT_COT, subject, item);
            case GAOKAO -> gaokao(subject, item);
            case GSM8K_AUTHORS -> gsm8k(Gsm8kReader.AUTHORS, item);
            case GSM8K_LM_EVAL -> gsm8k(Gsm8kReader.LM_EVAL_STRICT, item);
            case GSM8K_LM_EVAL_FLEXIBLE -> gsm8k(Gsm8kReader.LM_EVAL_FLEXIBLE, item);
            case GSM8K_LM_EVAL_COT -> gsm8k(Gsm8kReader.LM_EVAL_COT_STRICT, item);
            case GSM8K_OPENCOMPASS -> gsm8k(Gsm8kReader.OPEN_COMPASS, item);
            case GSM8K_OPENCOMPASS_2023 -> gsm8k(Gsm8kReader.OPEN_COMPASS_2023, item);
        };
    }

    private static Judge letter(AnswerReader reader, Item item, List<String> letters) {
        var choices = item.options().isEmpty() ? letters : item.options();
        return new WrittenJudge(reader, Comparison.EQUAL, choices, item.key());
    }

    private static Judge agieval(
            AgievalReader.Setting setting, TaskFile.Subject subject, Item item) {
        var kind = kind(AgievalReader.Kind.class, subject);
        var reader = new AgievalReader(kind, setting);
        return new WrittenJudge(reader, reader.comparison(), item.key());
    }

    private static Judge gaokao(TaskFile.Subject subject, Item item) {
        var type = kind(GaokaoReader.Type.class, subject);
        Comparison points =
                type == GaokaoReader.Type.MULTI_CHOICE
                        ? GaokaoReader::pointsInPhysics
                        : GaokaoReader::points;
        return new WrittenJudge(new GaokaoReader(type, item.key().size()), points, item.key());
    }

    private static <E extends Enum<E>> E kind(Class<E> type, TaskFile.Subject subject) {
        String name = subject.more().getOrDefault(KIND, "");
        return Enum.valueOf(type, name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static Judge gsm8k(Gsm8kReader rule, Item item) {
        return new WrittenJudge(rule, rule, item.key());
    }
}
