import Domain
import Sync

/// `rentbook reconcile`: every record and field of both sides, read anew and compared.
enum ReconcileCommand {
  static let spec = CommandSpec(
    "reconcile",
    options: [
      OptionSpec("--resource", "NAME", isRepeated: true, "Only this resource; may be repeated.")
    ], "Compare every record of Buildium and Airtable.", run: run)

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resources = try resources(invocation)
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    let progress = ProgressLine(quiet: invocation.isQuiet || invocation.isJSON)
    let reconciler = Reconciler(
      store: workspace.store, source: try workspace.buildium(), sink: try workspace.airtable(),
      clock: workspace.clock,
      observer: { event in
        if case .progress(let resource, _, let value) = event {
          progress.show("Reading \(resource.title)  \(value.done)")
        }
      })
    let report: ReconciliationReport
    do throws(SyncError) {
      report = try reconciler.run(resources, cancellation: workspace.cancellation)
    } catch {
      progress.finish()
      throw failure(error)
    }
    progress.finish()
    if invocation.isJSON {
      Output.document("reconcile", document(report))
    } else {
      show(report)
    }
    return report.differences.isEmpty ? .done : .needsPerson
  }

  /// A side that could not be read whole is unreachable to this command, whatever kept it from
  /// that; credentials and an interruption are told as everywhere.
  private static func failure(_ error: SyncError) -> Failure {
    var failure = Failure(error)
    if case .service = error, failure.exit == .failed { failure.exit = .unreachable }
    return failure
  }

  private static func resources(_ invocation: Invocation) throws(Failure) -> [Resource]? {
    var resources: [Resource] = []
    for name in invocation.texts("--resource") {
      guard let resource = Resource(name: name), Resource.mirrored.contains(resource) else {
        throw .usage(
          "“\(name)” is not kept on both sides.",
          hint: "These are: \(Resource.mirrored.map(\.rawValue).joined(separator: ", "))")
      }
      resources.append(resource)
    }
    return resources.isEmpty ? nil : resources
  }

  /// The report in the form design fixes for `reconcile --json`.
  static func document(_ report: ReconciliationReport) -> JSONObject {
    JSONObject([
      "resources": .array(
        report.rows.map { row in
          [
            "resource": .string(row.resource.rawValue), "buildium": .int(row.left),
            "airtable": .int(row.right), "compared": .int(row.compared),
            "matching": .int(row.matching), "in_flight": .int(row.inFlight),
            "accuracy": .string(row.accuracy.description),
          ]
        }),
      "differences": .array(
        report.differences.map { difference in
          [
            "resource": .string(difference.key.resource.rawValue),
            "record_id": .string(difference.key.id), "field": .optional(difference.field),
            "buildium": difference.left.json, "airtable": difference.right.json,
            "standing": .string(difference.standing.rawValue),
            "reason": .string(difference.reason.rawValue), "why": .string(difference.note),
          ]
        }),
      "money": .array(
        report.money.map { sum in
          [
            "resource": .string(sum.place.resource.rawValue), "field": .string(sum.place.field),
            "property": .string(sum.place.property), "month": .string(sum.place.month),
            "gl_account": .string(sum.place.account), "buildium": .string(sum.left.description),
            "airtable": .string(sum.right.description),
            "difference": .string((sum.left - sum.right).description),
            "records": .array(
              sum.records.map {
                ["key": .string($0.key.description), "amount": .string($0.amount.description)]
              }),
          ]
        }),
      "accuracy": .string(report.accuracy.description),
      "goal": .string(Accuracy.goal.description), "report_hash": .string(report.hash),
      "messages": .array(report.messages.map(JSONValue.string)),
    ])
  }

  private static func show(_ report: ReconciliationReport) {
    Output.table(
      ["Resource", "Buildium", "Airtable", "Compared", "Matching", "On the way", "Accuracy"],
      report.rows.map { row in
        [
          row.resource.title, String(row.left), String(row.right), String(row.compared),
          String(row.matching), String(row.inFlight), "\(row.accuracy) %",
        ]
      }, rightAligned: [1, 2, 3, 4, 5, 6])
    for difference in report.differences {
      let what =
        difference.field.map {
          "\($0): \(difference.left.json.text) ≠ \(difference.right.json.text)"
        } ?? place(difference)
      Output.line(
        "\(difference.reason.rawValue)  \(difference.key)  "
          + TerminalText.harmless("\(what)  (\(difference.note))"))
    }
    Output.line(
      "\(report.accuracy) % the same (aim \(Accuracy.goal) %), "
        + "\(report.differences.count) differences.")
    for message in report.messages { Output.note(TerminalText.harmless(message)) }
  }

  private static func place(_ difference: ReconciliationReport.Difference) -> String {
    switch difference.standing {
    case .onlyLeft: "only at Buildium"
    case .onlyRight: "only at Airtable, or there more than once"
    case .equal, .differs, .inFlight: "on its way to Airtable"
    }
  }
}
