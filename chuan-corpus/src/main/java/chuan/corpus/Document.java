package chuan.corpus;

/// One text with where it came from. `id` is stable over runs and decides the hold-out; `lang` is
/// `zh` or `en`; `source` is the name of the source in the configuration; `license` is the licence
/// of this very record, `attribution` is empty where the record names nobody.
record Document(
        String id, String lang, String source, String license, String attribution, String text) {

    Document withText(String changed) {
        return new Document(id, lang, source, license, attribution, changed);
    }
}
