package chuan.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/// A command as it was typed, without folders: those mean nothing elsewhere.
final class TypedCommand {
    private TypedCommand() {}

    static String of(CommandSpec spec) {
        var words = new ArrayList<>(List.of("chuan"));
        for (String word : spec.root().commandLine().getParseResult().originalArgs())
            words.add(word.replaceAll("[^ =]*/", ""));
        return String.join(" ", words);
    }
}
