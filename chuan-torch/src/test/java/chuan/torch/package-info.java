@org.jspecify.annotations.NullMarked
package chuan.torch;
