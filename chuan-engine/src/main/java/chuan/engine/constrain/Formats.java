package chuan.engine.constrain;

import java.util.Map;

/// What `format` means for strings. Where a standard allows rare spellings that hardly a reader
/// understands (quoted mail addresses, leap seconds), only the usual ones are written.
final class Formats {
    private static final String DATE =
            "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
                    + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
                    + "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
                    + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
    private static final String TIME =
            "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
                    + "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    private static final String DAY_TIME =
            "T(?:[0-9]{1,9}H(?:[0-9]{1,9}M(?:[0-9]{1,9}S)?)?|[0-9]{1,9}M(?:[0-9]{1,9}S)?|[0-9]{1,9}S)";
    private static final String DURATION =
            "P(?:(?:[0-9]{1,9}D|[0-9]{1,9}M(?:[0-9]{1,9}D)?|[0-9]{1,9}Y(?:[0-9]{1,9}M(?:[0-9]{1,9}D)?)?)(?:"
                    + DAY_TIME
                    + ")?|"
                    + DAY_TIME
                    + "|[0-9]{1,9}W)";
    private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}";
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}";
    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = BYTE + "(?:\\." + BYTE + "){3}";
    private static final String HEX = "[0-9A-Fa-f]{1,4}";
    private static final String PATH = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
    private static final String URI =
            "[A-Za-z][A-Za-z0-9+.-]*:(?://(?:"
                    + LABEL
                    + "(?:\\."
                    + LABEL
                    + ")*)(?::[0-9]{1,5})?(?:/"
                    + PATH
                    + "*)*|"
                    + PATH
                    + "+(?:/"
                    + PATH
                    + "*)*)(?:\\?(?:"
                    + PATH
                    + "|[/?])*)?(?:#(?:"
                    + PATH
                    + "|[/?])*)?";

    private static final Map<String, String> PATTERNS =
            Map.ofEntries(
                    Map.entry("date", DATE),
                    Map.entry("time", TIME),
                    Map.entry("date-time", DATE + "T" + TIME),
                    Map.entry("duration", DURATION),
                    Map.entry("email", ATOM + "(?:\\." + ATOM + "){0,2}@" + HOST),
                    Map.entry("hostname", HOST),
                    Map.entry("ipv4", IPV4),
                    Map.entry("ipv6", ipv6()),
                    Map.entry("uri", URI),
                    Map.entry(
                            "uuid",
                            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"));

    private Formats() {}

    /// @return null = not a format that is followed; such are comments
    static @org.jspecify.annotations.Nullable Regex of(String name) {
        String pattern = PATTERNS.get(name);
        return pattern == null ? null : RegexParser.parse(pattern);
    }

    /// Eight groups, or fewer with one gap (RFC 4291).
    private static String ipv6() {
        var ways = new StringBuilder("(?:" + HEX + ":){7}" + HEX);
        ways.append("|::(?:").append(HEX).append("(?::").append(HEX).append("){0,6})?");
        for (int before = 1; before <= 7; before++) {
            ways.append("|").append(HEX);
            if (before > 1)
                ways.append("(?::").append(HEX).append("){").append(before - 1).append("}");
            ways.append("::");
            if (before < 7)
                ways.append("(?:")
                        .append(HEX)
                        .append("(?::")
                        .append(HEX)
                        .append("){0,")
                        .append(6 - before)
                        .append("})?");
        }
        return ways.toString();
    }
}
