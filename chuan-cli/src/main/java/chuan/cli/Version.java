package chuan.cli;

import java.util.Objects;
import picocli.CommandLine;

/// What `--version` says; the number is in the jar's manifest.
final class Version implements CommandLine.IVersionProvider {
    String number() {
        String version = Main.class.getPackage().getImplementationVersion();
        return Objects.requireNonNullElse(version, "(not packaged)");
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "chuan " + number(),
            "Java " + Runtime.version() + ", " + System.getProperty("java.vendor"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
