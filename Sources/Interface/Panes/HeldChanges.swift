// What waits on the Sync pane because it is too much at once: the list, and letting it go.
import Domain

extension SyncPane {
  /// What `A` acts on: that of the selected resource, else the first there is.
  func held(_ world: World) -> HeldChange? {
    let all = (world.status?.held ?? []).filter(\.isPermittable)
    return all.first { $0.resource == resources.selected } ?? all.first
  }

  /// Everything that would happen, to be read before it is let go.
  static func list(_ held: HeldChange) -> TextReport {
    var lines: [[Piece]] = [[Piece(held.text, .dim)], []]
    lines += held.names.map { [Piece("  \($0)")] }
    if held.count > held.names.count {
      lines.append([Piece("  and \(Words.number(held.count - held.names.count)) more", .warning)])
    }
    return TextReport(held.title, lines, accept: .permitHeld)
  }

  /// Asks with the number typed: what is let go may delete or overwrite a great deal.
  static func askToPermit(_ held: HeldChange) -> Confirmation {
    var dialog = Confirmation(
      "Let these \(Words.number(held.count)) go?",
      "\(held.title). A sync of \(held.resource.title) does it now, for these and no more; what is "
        + "overwritten or deleted stays in the journal, with your name.",
      accept: "Let them go",
      reactions: [
        .permitRequested(
          HeldChange.Permit(held.kind, count: held.count), held.resource,
          full: held.needsFullRead)
      ])
    dialog.facts = [
      Confirmation.Fact(name: "How many", value: Words.number(held.count)),
      Confirmation.Fact(name: "Where", value: held.service.title),
    ]
    dialog.numberToType = held.count
    return dialog
  }
}
