/// The decoder's verbs on libtorch (through JavaCPP), with gradients. Native libraries are not
/// among this module's dependencies: whoever trains brings them (`chuan-torch-natives`).
@org.jspecify.annotations.NullMarked
package chuan.torch;
