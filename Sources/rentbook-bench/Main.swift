// `rentbook-bench [NAME...]`: measures, and prints what it found. It judges nothing: a figure that
// depends on the machine is no test.
import Background
import Domain
import Glibc

/// The program: runs the benchmarks that were named, or all.
@main
struct Main {
  /// In this order, whatever order they were named in: a process that started small shows the
  /// memory of the programs it starts most exactly.
  static let benchmarks = [
    Benchmark("memory", "Peak memory of `rentbook sync --full`", MemoryBenchmark.run),
    Benchmark("startup", "Start-up of `rentbook status --json`", StartupBenchmark.run),
    Benchmark("first-sync", "First sync against the services' limits", FirstSyncBenchmark.run),
    Benchmark("cpu-per-record", "CPU per record, without a network", CPUBenchmark.run),
    Benchmark("lookups", "Lookups among sync-state rows", LookupBenchmark.run),
    Benchmark("key-to-frame", "From a key to its frame", KeyBenchmark.run),
    Benchmark("ui", "The screen on a long ledger that is written to", UIBenchmark.run),
    Benchmark("noi", "Income of properties by month, of a year's ledger", NOIBenchmark.run),
    Benchmark("json", "JSON reader and writer", JSONBenchmark.run),
  ]

  static func main() {
    Memory.shareOneArena()
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// 0 when all were measured, 1 when one could not be, 2 when the words make no sense.
  private static func run(_ words: [String]) -> Int32 {
    // A reader that goes away must not kill us before the temporary files are gone.
    signal(SIGPIPE, SIG_IGN)
    // Nothing is measured: it is proved, for as long as one likes.
    if words.first == "monkey" { return MonkeyCommand.run(Array(words.dropFirst())) }
    let options: Options
    do throws(BenchmarkError) {
      options = try Options(words, known: benchmarks.map(\.name))
    } catch {
      Printer.note("rentbook-bench: \(error.message)\n\n\(Options.usage(benchmarks))")
      return 2
    }
    if options.wantsHelp {
      Printer.line(Options.usage(benchmarks))
      return 0
    }
    var results: [JSONValue] = []
    var code: Int32 = 0
    for benchmark in benchmarks
    where options.names.isEmpty || options.names.contains(benchmark.name) {
      do throws(BenchmarkError) {
        let figures = try benchmark.run(options)
        if !options.isJSON { Printer.table(benchmark, figures) }
        results.append([
          "name": .string(benchmark.name), "title": .string(benchmark.title),
          "figures": .array(figures.map(\.json)),
        ])
      } catch {
        code = 1
        Printer.note("rentbook-bench: \(benchmark.name): \(error.message)")
        results.append(["name": .string(benchmark.name), "error": .string(error.message)])
      }
    }
    if options.isJSON {
      let document: JSONValue = [
        "schema": 1, "command": "rentbook-bench", "optimized": .bool(Printer.isOptimized),
        "benchmarks": .array(results),
      ]
      Printer.line(document.text)
    }
    return code
  }
}
