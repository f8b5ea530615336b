package chuan.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// Where a command reads and writes: UTF-8 whatever the locale says.
///
/// @param inTerminal a person types `in`
/// @param outTerminal a person sees `out`
/// @param errTerminal a person sees `err`: progress lines make sense
record Streams(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean inTerminal,
        boolean outTerminal,
        boolean errTerminal) {

    /// Those of this process. The launcher hands over the real stderr as descriptor 3 where the JVM
    /// itself prints a warning that nobody needs (an incubator module is in use).
    static Streams ofProcess() {
        var in = System.in;
        PrintStream out = utf8(new FileOutputStream(FileDescriptor.out));
        PrintStream err = System.err;
        if (System.getProperty("chuan.stderr") != null) {
            err = utf8(new FileOutputStream(descriptor(Integer.getInteger("chuan.stderr", 2))));
            System.setErr(err);
        }
        return new Streams(
                in,
                out,
                err,
                Boolean.getBoolean("chuan.terminal.in"),
                Boolean.getBoolean("chuan.terminal.out"),
                Boolean.getBoolean("chuan.terminal.err"));
    }

    /// A person sits at both ends.
    boolean terminal() {
        return inTerminal && outTerminal;
    }

    /// For progress lines: stderr if a person sees it, else nowhere.
    PrintStream errOnTerminal() {
        return errTerminal ? err : utf8(OutputStream.nullOutputStream());
    }

    PrintWriter outWriter() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    PrintWriter errWriter() {
        return new PrintWriter(err, true, StandardCharsets.UTF_8);
    }

    private static PrintStream utf8(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    private static FileDescriptor descriptor(int number) {
        try {
            var constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
            constructor.setAccessible(true);
            return constructor.newInstance(number);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the launcher must open java.io to chuan", e);
        }
    }
}
