package chuan.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;

/// Under which licence a model comes, in one line: by the front matter of its card, else by the
/// name of a licence file.
final class Licence {
    private static final int LONGEST_CARD = 1 << 16;
    private static final int LONGEST_VALUE = 80;

    private Licence() {}

    /// @param listed every file of the model
    static String line(Hub hub, List<HubFile> listed, Path card) throws IOException {
        String stated = Files.isRegularFile(card) ? stated(card) : "";
        var files = listed.stream().map(HubFile::path).filter(Licence::isLicence).toList();
        String name = stated.isEmpty() && !files.isEmpty() ? "see " + files.getFirst() : stated;
        String where =
                files.isEmpty() ? hub.page().toString() : hub.location(files.getFirst()) + "";
        return name.isEmpty()
                ? "licence: the model states none; ask at " + hub.page()
                : "licence: " + name + "; read it at " + where;
    }

    private static boolean isLicence(String path) {
        return path.toUpperCase(Locale.ROOT).matches("LICEN[SC]E[^/]*");
    }

    private static String stated(Path card) throws IOException {
        String text;
        try (var in = Files.newInputStream(card)) {
            text = new String(in.readNBytes(LONGEST_CARD), StandardCharsets.UTF_8);
        }
        var lines = text.lines().toList();
        if (lines.isEmpty() || !lines.getFirst().strip().equals("---")) return "";
        var values = new HashMap<String, String>();
        String key = "";
        for (String line : lines.subList(1, lines.size())) {
            if (line.strip().equals("---")) break;
            int colon = line.indexOf(':');
            if (line.matches("\\s*-\\s.*"))
                values.merge(key, clean(line.replaceFirst("\\s*-", "")), Licence::joined);
            else if (colon > 0 && !line.startsWith(" ")) {
                key = line.substring(0, colon).strip();
                values.put(key, clean(line.substring(colon + 1)));
            }
        }
        String licence = values.getOrDefault("license", "");
        String own = values.getOrDefault("license_name", "");
        return licence.equals("other") && !own.isEmpty() ? own : licence;
    }

    private static String joined(String before, String value) {
        return before.isEmpty() ? value : before + ", " + value;
    }

    private static String clean(String value) {
        var clean = new StringBuilder();
        for (char c : value.strip().toCharArray())
            if (!HubFile.isUnprintable(c)
                    && c != '"'
                    && c != '\''
                    && clean.length() < LONGEST_VALUE) clean.append(c);
        return clean.toString();
    }
}
