package chuan.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One measured case, as numbers: what the table prints, `--json` says and the ledger keeps.
///
/// @param limits of the machine, taken before and after; null if they were not wanted
/// @param peers in the order of the result's
/// @param skipped share of the pages of keys and values that attention left out; NaN if unknown
public record Report(
        Setup setup,
        Interleaved.Result result,
        @Nullable MachineLimits limits,
        List<PeerProcess> peers,
        double skipped) {

    /// What a token costs, in the unit of the limit: bytes read, or multiply-adds.
    private double workPerToken() {
        var c = result.speedCase();
        return c.isPrompt()
                ? setup.work().multiplyAddsPerToken(c)
                : setup.work().bytesPerToken(c, Double.isNaN(skipped) ? 0 : skipped);
    }

    /// Work per second.
    public double throughput() {
        return workPerToken() * result.own().rate().median();
    }

    /// The machine's limit of that; 0 if unknown.
    public double limit() {
        if (limits == null) return 0;
        return result.speedCase().isPrompt() ? limits.multiplyAdds() : limits.readBytes();
    }

    /// The part of the limit that was reached; NaN if that is unknown.
    public double share() {
        return limit() > 0 ? throughput() / limit() : Double.NaN;
    }

    /// A row of the ledger for each other program; one without it if there is none.
    public List<Map<String, Object>> rows() {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < result.peers().size(); i++) {
            var row = ownRow();
            putPeer(row, peers.get(i), result.peers().get(i));
            rows.add(row);
        }
        if (rows.isEmpty()) rows.add(ownRow());
        return rows;
    }

    private Map<String, Object> ownRow() {
        var c = result.speedCase();
        var row = new LinkedHashMap<>(setup.row());
        row.put("what", c.label());
        row.put("unit", "tokens/s");
        row.put("prompt", c.prompt());
        row.put("generate", c.generate());
        row.put("depth", c.depth());
        row.put("batch", c.batch());
        row.put("load", rounded(result.load()));
        row.put("rounds", result.own().rate().values().size());
        putSample(row, "", result.own().rate());
        row.put("values", rounded(result.own().rate()));
        putNumber(row, "cpu_seconds", result.own().cpuSeconds().median());
        String unit = c.isPrompt() ? "GMAC/s" : "GB/s";
        row.put("throughput", rounded(throughput() / 1e9));
        row.put("throughput_unit", unit);
        if (limits != null && limit() > 0) {
            row.put("limit", rounded(limit() / 1e9));
            row.put("limit_of", limitName());
            row.put("share", rounded(share()));
        }
        putNumber(row, "huge_gb", Machine.hugeBytes(ProcessHandle.current().pid()) / 1e9);
        putNumber(row, "pages_skipped", skipped);
        return row;
    }

    private String limitName() {
        if (!result.speedCase().isPrompt()) return "streaming read";
        var loop = limits == null ? null : limits.loop();
        return loop == null ? "" : "multiply-add in registers, " + loop.label();
    }

    private void putPeer(Map<String, Object> row, PeerProcess peer, Interleaved.Turns turns) {
        row.put("peer", peer.title());
        row.put("peer_instructions", peer.instructions());
        row.put("peer_threads", peer.threads());
        putNumber(row, "peer_huge_gb", peer.hugeBytes() / 1e9);
        putSample(row, "peer_", turns.rate());
        row.put("peer_values", rounded(turns.rate()));
        putNumber(row, "peer_cpu_seconds", turns.cpuSeconds().median());
        row.put("ratio", rounded(result.own().rate().median() / turns.rate().median()));
        var byRound = result.own().rate().over(turns.rate());
        row.put("ratio_spread", List.of(rounded(byRound.least()), rounded(byRound.most())));
        putNumber(
                row,
                "ratio_per_cpu_second",
                turns.cpuSeconds().median() / result.own().cpuSeconds().median());
    }

    private static void putSample(Map<String, Object> row, String prefix, Sample sample) {
        row.put(prefix + "median", rounded(sample.median()));
        row.put(prefix + "spread", List.of(rounded(sample.least()), rounded(sample.most())));
    }

    private static void putNumber(Map<String, Object> row, String key, double value) {
        if (Double.isFinite(value)) row.put(key, rounded(value));
    }

    private static List<Double> rounded(Sample sample) {
        return sample.values().stream().map(Report::rounded).toList();
    }

    /// Four digits are more than a measurement is worth.
    static double rounded(double value) {
        return Double.isFinite(value)
                ? new java.math.BigDecimal(value).round(new java.math.MathContext(4)).doubleValue()
                : value;
    }
}
