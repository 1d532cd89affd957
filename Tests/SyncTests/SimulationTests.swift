import Domain
import Testing

@testable import Sync

/// The whole protocol under many seeds: faults of the network, the disk and the process, and people
/// who type on both sides meanwhile.
@Suite("The protocol under faults") struct SimulationTests {
  /// As many as a slow machine runs in some twenty seconds; the nightly command runs millions.
  private static let seeds: ClosedRange<UInt64> = 1...4_000
  /// Seeds that once found what the others did not.
  private static let remembered: [UInt64] = [110_768]
  /// Under so many seeds every planted mistake must be caught at least once.
  private static let seedsOfMistakes: ClosedRange<UInt64> = 1...3_000

  @Test("no invariant breaks under any seed, and each seed runs the same way twice")
  func seeds() {
    var faults = 0
    var crashes = 0
    for seed in Self.remembered + Array(Self.seeds) {
      let outcome = Simulation.run(seed: seed)
      faults += outcome.faults
      crashes += outcome.crashes
      if !outcome.violations.isEmpty {
        Issue.record("\(outcome.violations[0]). Repeat it: \(outcome.replayLine)")
      }
      if seed % 10 == 0 { #expect(Simulation.run(seed: seed) == outcome) }
    }
    // A run without faults would prove nothing.
    #expect(faults > 10 * Self.seeds.count && crashes > Self.seeds.count / 4)
  }

  @Test("a planted mistake is caught", arguments: PlantedMistake.allCases)
  func mistakes(_ mistake: PlantedMistake) {
    let caught = Self.seedsOfMistakes.first {
      !Simulation.run(seed: $0, mistake: mistake).violations.isEmpty
    }
    #expect(caught != nil, "\(mistake.rawValue) was not caught")
  }
}
