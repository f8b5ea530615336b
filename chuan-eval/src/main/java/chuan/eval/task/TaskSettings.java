package chuan.eval.task;

import chuan.eval.LetterTokens;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What may be set of a task; what is not set, the protocol says.
///
/// @param data folder that holds the sets, each in a folder of its own, or the one set itself
/// @param limit questions of each subject, from its first
/// @param chat whether the whole prompt becomes a message in the model's own chat format
/// @param seed of the order of examples, where a protocol draws it
/// @param context tokens that prompt and answer may have together; a protocol may want fewer
public record TaskSettings(
        Path data,
        Optional<String> protocol,
        Optional<String> split,
        OptionalInt shots,
        OptionalInt limit,
        Optional<LetterTokens> letters,
        boolean chat,
        OptionalLong seed,
        int context) {
    /// Room for any prompt.
    public static final int UNLIMITED = Integer.MAX_VALUE;

    public TaskSettings {
        shots.ifPresent(n -> {
            if (n < 0 || n > 1000) throw new TaskException("--shots " + n + ": from 0 to 1000");
        });
        limit.ifPresent(n -> {
            if (n < 1) throw new TaskException("--limit " + n + ": at least 1");
        });
        if (context < 1) throw new IllegalArgumentException("context of " + context);
    }

    /// Everything as the protocol says.
    public static TaskSettings of(Path data) {
        return new TaskSettings(
                data,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                false,
                OptionalLong.empty(),
                UNLIMITED);
    }

    public TaskSettings withProtocol(String name) {
        return new TaskSettings(
                data, Optional.of(name), split, shots, limit, letters, chat, seed, context);
    }

    public TaskSettings withSplit(String name) {
        return new TaskSettings(
                data, protocol, Optional.of(name), shots, limit, letters, chat, seed, context);
    }

    public TaskSettings withShots(int count) {
        return new TaskSettings(
                data, protocol, split, OptionalInt.of(count), limit, letters, chat, seed, context);
    }

    public TaskSettings withLimit(int count) {
        return new TaskSettings(
                data, protocol, split, shots, OptionalInt.of(count), letters, chat, seed, context);
    }

    public TaskSettings withLetters(LetterTokens form) {
        return new TaskSettings(
                data, protocol, split, shots, limit, Optional.of(form), chat, seed, context);
    }

    public TaskSettings withChat(boolean wanted) {
        return new TaskSettings(
                data, protocol, split, shots, limit, letters, wanted, seed, context);
    }

    public TaskSettings withSeed(long value) {
        return new TaskSettings(
                data,
                protocol,
                split,
                shots,
                limit,
                letters,
                chat,
                OptionalLong.of(value),
                context);
    }

    public TaskSettings withContext(int tokens) {
        return new TaskSettings(data, protocol, split, shots, limit, letters, chat, seed, tokens);
    }
}
