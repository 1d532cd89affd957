import Domain
import Terminal

/// The screen while what it shows is being made ready, a store that is converted say: it stands at
/// once, takes every size, ends by signal, and keeps what is typed for later.
public struct ScreenPrelude<Device: TerminalDevice> {
  /// How far it is.
  public enum News: Sendable, Hashable {
    /// Still at it: what is done now, in a sentence.
    case doing(String)
    /// All is there.
    case ready
  }

  /// How it ended.
  public enum Outcome: Sendable, Hashable {
    /// All is there. What was typed meanwhile is for the screen.
    case ready(typedAhead: [TerminalEvent])
    /// The program is to end.
    case ended(ScreenLoop<Device>.Exit)
  }

  private let device: Device
  private let clock: () -> Instant
  private let news: () -> [News]

  /// More than anybody types ahead.
  private static var typedAheadMax: Int { 4096 }

  /// - Parameters:
  ///   - device: The screen.
  ///   - clock: The moment, by the wall clock.
  ///   - news: Takes all that was told since it was last asked; who tells wakes the device.
  public init(
    device: Device, clock: @escaping () -> Instant, news: @escaping () -> [News]
  ) {
    (self.device, self.clock, self.news) = (device, clock, news)
  }

  /// Shows the screen until all is ready, or the program is to end.
  public func run(_ model: inout Model) -> Outcome {
    var typed: [TerminalEvent] = []
    _ = update(&model, .clock(clock()))
    _ = update(&model, .resized(device.size))
    while true {
      for piece in news() {
        switch piece {
        case .doing(let text): model.world.answer(text)
        case .ready:
          model.world.notice = nil
          return .ready(typedAhead: typed)
        }
      }
      device.present(render(model))
      for event in device.wait(milliseconds: nil) {
        switch event {
        case .stop(let signal): return .ended(.signal(signal))
        case .hungUp: return .ended(.hungUp)
        case .resized(let size): _ = update(&model, .resized(size))
        case .resumed: _ = update(&model, .resized(device.size))
        case .woken, .timeout: continue
        case .key, .paste, .mouse, .background:
          if typed.count < Self.typedAheadMax { typed.append(event) }
        }
      }
    }
  }
}
