package chuan.cli;

import chuan.engine.ChatSession;
import chuan.engine.SamplingOptions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What `/set` changes in a conversation, by the names of the API.
enum ChatSetting {
    TEMPERATURE(SamplingOptions::temperature, (s, v) -> s.withTemperature(number(v))),
    TOP_P(SamplingOptions::topP, (s, v) -> s.withTopP(number(v))),
    TOP_K(SamplingOptions::topK, (s, v) -> s.withTopK((int) whole(v))),
    MIN_P(SamplingOptions::minP, (s, v) -> s.withMinP(number(v))),
    REPETITION_PENALTY(
            SamplingOptions::repetitionPenalty, (s, v) -> s.withRepetitionPenalty(number(v))),
    PRESENCE_PENALTY(SamplingOptions::presencePenalty, (s, v) -> s.withPresencePenalty(number(v))),
    FREQUENCY_PENALTY(
            SamplingOptions::frequencyPenalty, (s, v) -> s.withFrequencyPenalty(number(v))),
    SEED(
            s -> s.seed().isPresent() ? s.seed().getAsLong() : ChatSetting.RANDOM,
            (s, v) -> v.equals(ChatSetting.RANDOM) ? unseeded(s) : s.withSeed(whole(v))),
    MAX_TOKENS(_ -> "", (s, _) -> s) {
        @Override
        String value(ChatSession session) {
            return Integer.toString(session.maxTokens());
        }

        @Override
        void change(ChatSession session, String value) {
            session.setMaxTokens((int) whole(value));
        }
    };

    private static final String RANDOM = "random";

    private final Function<SamplingOptions, Object> get;
    private final BiFunction<SamplingOptions, String, SamplingOptions> change;

    ChatSetting(
            Function<SamplingOptions, Object> get,
            BiFunction<SamplingOptions, String, SamplingOptions> change) {
        this.get = get;
        this.change = change;
    }

    static ChatSetting named(String name) {
        for (var setting : values()) if (setting.label().equals(name)) return setting;
        throw new IllegalArgumentException(
                "no setting '"
                        + name
                        + "'; there are "
                        + Arrays.stream(values())
                                .map(ChatSetting::label)
                                .collect(Collectors.joining(", ")));
    }

    static Map<String, String> all(ChatSession session) {
        var all = new LinkedHashMap<String, String>();
        for (var setting : values()) all.put(setting.label(), setting.value(session));
        return all;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    String value(ChatSession session) {
        return String.valueOf(get.apply(session.sampling()));
    }

    void change(ChatSession session, String value) {
        session.setSampling(change.apply(session.sampling(), value));
    }

    private static SamplingOptions unseeded(SamplingOptions s) {
        return new SamplingOptions(
                s.temperature(),
                s.topK(),
                s.topP(),
                s.minP(),
                s.repetitionPenalty(),
                s.presencePenalty(),
                s.frequencyPenalty(),
                s.logitBias(),
                OptionalLong.empty());
    }

    private static double number(String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("'" + value + "' is not a number");
        }
    }

    private static long whole(String value) {
        try {
            return value.length() > 10 ? Long.parseLong(value) : Integer.parseInt(value);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("'" + value + "' is not a whole number");
        }
    }
}
