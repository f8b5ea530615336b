@org.jspecify.annotations.NullMarked
package chuan.train;
