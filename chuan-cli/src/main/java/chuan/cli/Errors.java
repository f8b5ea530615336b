package chuan.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;

/// Errors as people see them: one line on stderr. A stack trace only for `--verbose`.
final class Errors
        implements CommandLine.IParameterExceptionHandler, CommandLine.IExecutionExceptionHandler {
    static final int FAULT = 1;
    static final int USAGE = 2;
    static final int INTERRUPTED = 130;

    private final PrintStream err;

    Errors(PrintStream err) {
        this.err = err;
    }

    @Override
    public int handleParseException(CommandLine.ParameterException e, String[] args) {
        String help = e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
        var meant =
                e instanceof CommandLine.UnmatchedArgumentException unmatched
                        ? unmatched.getSuggestions()
                        : List.<String>of();
        String guess = meant.isEmpty() ? "" : ", did you mean " + meant.getFirst() + "?";
        err.println("chuan: " + oneLine(message(e)) + guess + "; see " + help);
        return USAGE;
    }

    @Override
    public int handleExecutionException(
            Exception e, CommandLine line, CommandLine.ParseResult result) {
        boolean verbose = Arrays.asList(result.originalArgs().toArray()).contains("--verbose");
        if (verbose) e.printStackTrace(err);
        if (isTheUsers(e)) {
            err.println("chuan: " + oneLine(message(e)));
            return USAGE;
        }
        err.println(
                "chuan: a fault in chuan itself: "
                        + oneLine(e.toString())
                        + (verbose ? "" : " (--verbose shows where)"));
        return FAULT;
    }

    /// Is it about what the user gave: options, files, their content?
    private static boolean isTheUsers(Exception e) {
        return e instanceof CliException
                || e instanceof IOException
                || e instanceof UncheckedIOException
                || e.getClass().getName().startsWith("chuan.");
    }

    private static String message(Exception e) {
        return switch (e) {
            case UncheckedIOException u -> message(Objects.requireNonNull(u.getCause()));
            case NoSuchFileException f -> f.getFile() + ": no such file";
            case AccessDeniedException f -> f.getFile() + ": no permission";
            case FileSystemException f when f.getReason() == null ->
                    f.getFile() + ": " + f.getClass().getSimpleName();
            case Exception other ->
                    Objects.requireNonNullElse(other.getMessage(), other.toString());
        };
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
