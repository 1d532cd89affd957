import Domain
import Providers
import Storage
import Sync

/// `rentbook import DIR`: a portfolio from files.
enum ImportCommand {
  static let spec = CommandSpec(
    "import", "DIR",
    options: [
      OptionSpec("--overlay-only", "Only what Buildium does not have: shares, rules, approvals.")
    ], "Read a portfolio's folder into the store.", run: run)

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = invocation.positionals[0]
    let isOverlayOnly = invocation.flag("--overlay-only")
    let folder: PortfolioFolder
    let overlay: Overlay
    var convention: SignConvention?
    do throws(PortfolioError) {
      folder = try PortfolioFolder(path: path)
      overlay = try folder.overlay()
      if !isOverlayOnly {
        convention = try folder.signConvention()
        // Everything is read once before anything is stored: a folder with a fault changes nothing.
        try folder.records { _, _ throws(PortfolioError) in }
      }
    } catch { throw Failure(error) }

    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let intake = RecordIntake(store: workspace.store, source: .buildium, sink: .airtable)
    var counts: [Resource: Int] = [:]
    let progress = ProgressLine(quiet: invocation.isQuiet || invocation.isJSON)
    do throws(PortfolioError) {
      if !isOverlayOnly {
        if let convention {
          try storing { () throws(SyncError) in
            try intake.remember(SignConvention.memoryName, convention.rawValue)
          }
        }
        try folder.records { resource, records throws(PortfolioError) in
          try storing { () throws(SyncError) in _ = try intake.take(records) }
          counts[resource, default: 0] += records.count
          progress.show("\(resource.title): \(counts[resource] ?? 0)")
        }
        try storing(intake.finish)
      }
    } catch { throw Failure(error) }
    progress.finish()
    try workspace.onStore { store throws(StorageError) in try store.take(overlay) }

    let rows = Resource.allCases.filter { counts[$0] != nil }
    if invocation.isJSON {
      Output.document(
        "import",
        [
          "resources": .array(
            rows.map { ["resource": .string($0.rawValue), "records": .int(counts[$0] ?? 0)] }),
          "overlay": [
            "ownership": .int(overlay.ownership.count),
            "distribution_rules": .int(overlay.distributionRules.count),
            "management_agreements": .int(overlay.managementAgreements.count),
            "management_income_accounts": .int(overlay.managementIncomeAccounts.count),
            "owner_allocations": .int(overlay.ownerAllocations.count),
            "bill_workflow": .int(overlay.billWorkflow.count),
          ],
          "sign_convention": .optional(convention?.rawValue),
        ])
    } else {
      Output.table(
        ["Resource", "Records"], rows.map { [$0.title, String(counts[$0] ?? 0)] }, rightAligned: [1]
      )
    }
    return .done
  }

  /// The folder's own errors pass through its reader; the store's must too.
  private static func storing(_ body: () throws(SyncError) -> Void) throws(PortfolioError) {
    do throws(SyncError) { try body() } catch {
      throw PortfolioError(file: "the store", Failure(error).message)
    }
  }
}

extension Failure {
  init(_ error: PortfolioError) {
    self.init(
      "import", error.description, hint: "Nothing of a faulty folder is kept; mend it and repeat.",
      exit: error.file == "the store" ? .failed : .usage)
  }
}
