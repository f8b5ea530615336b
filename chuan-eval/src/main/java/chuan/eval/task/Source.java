package chuan.eval.task;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where a set is published and on what terms.
///
/// @param about page for people
/// @param licence as its authors state it
/// @param hub name of the data set on a hub, such as `haonan-li/cmmlu`
/// @param revision branch, tag or commit on the hub; empty for the newest
/// @param address in front of `files`, where they are on the web instead of a hub
/// @param files to fetch; archives are unpacked
/// @param sha256 of the files as far as known, in hexadecimal digits
public record Source(
        String about,
        String licence,
        Optional<String> hub,
        Optional<String> revision,
        Optional<String> address,
        List<String> files,
        Map<String, String> sha256) {
    static Source read(Keys keys) {
        var sums = new LinkedHashMap<String, String>();
        keys.optionalChild("sha256")
                .ifPresent(all -> {
                    for (String file : all.names()) {
                        String sum = all.text(file);
                        if (!sum.matches("[0-9a-f]{64}"))
                            throw all.wrong(file, "should be 64 hexadecimal digits");
                        sums.put(file, sum);
                    }
                });
        var source =
                new Source(
                        keys.text("about"),
                        keys.text("licence"),
                        keys.optionalText("hub"),
                        keys.optionalText("revision"),
                        keys.optionalText("address"),
                        keys.texts("files"),
                        sums);
        if (source.hub.isPresent() && source.address.isPresent())
            throw keys.wrong("address", "either a hub or an address");
        keys.nothingElse();
        return source;
    }

    public Source {
        files = List.copyOf(files);
        sha256 = Map.copyOf(sha256);
    }
}
