package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Where a set is published and on what terms.
///
/// @param about page for people
/// @param licence as its authors state it
/// @param hub name of the data set on a hub, such as `haonan-li/cmmlu`
/// @param revision branch, tag or commit on the hub; empty for the newest
/// @param address in front of the files' names, where they are on the web instead of a hub
/// @param files to fetch; archives are unpacked
public record Source(
        String about,
        String licence,
        Optional<String> hub,
        Optional<String> revision,
        Optional<String> address,
        List<File> files) {

    /// @param bytes as far as known
    /// @param sha256 in hexadecimal digits, as far as known
    public record File(String name, OptionalLong bytes, Optional<String> sha256) {}

    static Source read(Keys keys) {
        var source =
                new Source(
                        keys.text("about"),
                        keys.text("licence"),
                        keys.optionalText("hub"),
                        keys.optionalText("revision"),
                        keys.optionalText("address"),
                        files(keys));
        if (source.hub.isPresent() && source.address.isPresent())
            throw keys.wrong("address", "either a hub or an address");
        if (source.files.isEmpty() && (source.hub.isPresent() || source.address.isPresent()))
            throw keys.wrong("files", "is missing: what is to be fetched?");
        keys.nothingElse();
        return source;
    }

    private static List<File> files(Keys keys) {
        var files = new ArrayList<File>();
        if (!keys.has("files")) return files;
        if (!keys.isMapping("files")) {
            for (String name : keys.texts("files"))
                files.add(new File(name, OptionalLong.empty(), Optional.empty()));
            return files;
        }
        keys.children("files")
                .forEach((name, file) -> {
                    var bytes = file.optionalInteger("bytes");
                    var sum = file.optionalText("sha256");
                    if (sum.isPresent() && !sum.get().matches("[0-9a-f]{64}"))
                        throw file.wrong("sha256", "should be 64 hexadecimal digits");
                    file.nothingElse();
                    files.add(
                            new File(
                                    name,
                                    bytes.isPresent()
                                            ? OptionalLong.of(bytes.getAsInt())
                                            : OptionalLong.empty(),
                                    sum));
                });
        return files;
    }

    public Source {
        files = List.copyOf(files);
    }
}
