// What the program itself takes: how soon it answers, and how much memory a sync needs.
import Domain
import Glibc

/// From the start of `rentbook status --json` to its end.
enum StartupBenchmark {
  private static let starts = 20

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      let environment = ["RENTBOOK_HOME": folder, "PATH": "/usr/bin:/bin"]
      // The first makes the store and the key.
      let first = try Child(["status", "--json"], environment).wait()
      guard first.code == 0 else {
        throw BenchmarkError("`rentbook status --json` ended with \(first.code).")
      }
      var samples = Samples()
      var cpu = 0
      for _ in 0..<starts {
        let outcome = try samples.measure { () throws(BenchmarkError) in
          try Child(["status", "--json"], environment).wait()
        }
        guard outcome.code == 0 else {
          throw BenchmarkError("`rentbook status --json` ended with \(outcome.code).")
        }
        cpu += outcome.cpuMicroseconds
      }
      let (median, least) = samples.medianAndLeast
      return [
        Figure("starts", starts), Figure("median", median, "ms"), Figure("shortest", least, "ms"),
        Figure("CPU of each, mean", Double(cpu) / Double(starts) / 1000, "ms"),
      ]
    }
  }
}

/// The peak of resident memory of a first sync, and of one that finds nothing new.
enum MemoryBenchmark {
  private static let announcementSeconds: Int32 = 120

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      var environment = ["RENTBOOK_HOME": folder, "PATH": "/usr/bin:/bin"]
      let services = try Child(
        [
          "sandbox", "--no-limits", "--still", "--properties", String(options.properties),
          "--units", String(options.units), "--months", String(options.months),
        ], environment)
      defer {
        services.terminate()
        _ = services.wait()
      }
      guard let line = services.line(seconds: announcementSeconds),
        let places = try? JSONValue(parsing: line)
      else { throw BenchmarkError("The simulated services did not start.") }
      for (name, member) in [
        ("BUILDIUM_URL", "buildium"), ("BUILDIUM_CLIENT_ID", "buildium_client_id"),
        ("BUILDIUM_CLIENT_SECRET", "buildium_client_secret"), ("AIRTABLE_URL", "airtable"),
        ("AIRTABLE_TOKEN", "airtable_token"), ("AIRTABLE_BASE", "airtable_base"),
      ] {
        environment["RENTBOOK_\(name)"] = places[member]?.string
      }
      // Without limits there, so that the figure is had soon.
      for name in ["BUILDIUM", "AIRTABLE"] { environment["RENTBOOK_\(name)_RATE"] = "5000" }

      let setUp = try Child(["airtable", "setup"], environment).wait()
      guard [0, 3].contains(setUp.code) else {
        throw BenchmarkError("`rentbook airtable setup` ended with \(setUp.code).")
      }
      let first = try sync(["--full"], environment)
      let second = try sync([], environment)
      return [
        Figure("properties", options.properties), Figure("units", options.units),
        Figure("first sync, peak resident", Double(first.peakKilobytes) / 1024, "MB", digits: 1),
        Figure("first sync, CPU", Double(first.cpuMicroseconds) / 1e6, "s"),
        Figure("second sync, peak resident", Double(second.peakKilobytes) / 1024, "MB", digits: 1),
        Figure("second sync, CPU", Double(second.cpuMicroseconds) / 1e6, "s"),
        Figure("least that can be told", Resident.peakMegabytes, "MB", digits: 1),
      ]
    }
  }

  private static func sync(
    _ words: [String], _ environment: [String: String]
  ) throws(BenchmarkError) -> Child.Outcome {
    let outcome = try Child(["sync", "--json"] + words, environment).wait()
    guard outcome.code == 0 else {
      throw BenchmarkError("`rentbook sync` ended with \(outcome.code).")
    }
    return outcome
  }
}
