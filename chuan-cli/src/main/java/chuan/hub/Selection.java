package chuan.hub;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Which files of a model are fetched. Code never; pickled weights only where the model has no
/// others; `README.md` always, since it names the licence.
///
/// @param include glob patterns; none: everything. One without `/` is about the name alone
/// @param exclude glob patterns of what is left out
public record Selection(List<String> include, List<String> exclude) {
    static final String CARD = "README.md";

    private static final Pattern PICKLED =
            Pattern.compile(".*\\.(bin|pt|pth|ckpt|pkl|pickle)(\\.index\\.json)?");
    private static final Pattern NEVER = Pattern.compile("(.*/)?(.*\\.py|\\.gitattributes)");

    public Selection {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    List<HubFile> of(List<HubFile> listed) {
        boolean safe = listed.stream().anyMatch(f -> f.path().endsWith(".safetensors"));
        var included = matching("--include", include);
        var excluded = matching("--exclude", exclude);
        var chosen = new ArrayList<HubFile>();
        for (HubFile file : listed) {
            String path = file.path();
            if (NEVER.matcher(path).matches()) continue;
            if (safe && PICKLED.matcher(path).matches()) continue;
            boolean wanted = include.isEmpty() || included.test(path);
            if (path.equals(CARD) || (wanted && !excluded.test(path))) chosen.add(free(file));
        }
        if (chosen.stream().allMatch(f -> f.path().equals(CARD)))
            throw new HubException("nothing of the model's " + listed.size() + " files is chosen");
        return chosen;
    }

    /// A name that stands for a state of this program would be mistaken for it.
    private static HubFile free(HubFile file) {
        String name = file.name();
        if (name.startsWith(Manifest.RESERVED)
                || name.endsWith(Download.PART)
                || name.endsWith(Download.ETAG))
            throw new HubException(
                    file.path() + ": chuan pull uses such names itself; leave it out by --exclude");
        return file;
    }

    private static Predicate<String> matching(String option, List<String> patterns) {
        var matchers = patterns.stream().map(p -> matcher(option, p)).toList();
        return path -> {
            Path whole = Path.of(path);
            Path name = Objects.requireNonNull(whole.getFileName());
            for (int i = 0; i < matchers.size(); i++) {
                boolean anywhere = !patterns.get(i).contains("/");
                if (matchers.get(i).matches(anywhere ? name : whole)) return true;
            }
            return false;
        };
    }

    private static PathMatcher matcher(String option, String pattern) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (IllegalArgumentException _) {
            throw new HubException(option + " " + pattern + ": not a glob pattern");
        }
    }
}
