// Hello is the program that the tests make an image of.
package main

var version = "dev"

func main() { println(version) }
