using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Choices whose range is known only when they are used: a generated number is scaled to it.</summary>
internal static class Choice
{
    /// <summary>A number to be scaled.</summary>
    public static Gen<uint> Number => Gen.UInt.Uniform;

    /// <summary>The index from 0 to <paramref name="count"/> - 1 that <paramref name="number"/> stands for.</summary>
    public static int Index(uint number, int count) => (int)(((ulong)number * (uint)count) >> 32);

    /// <summary>How many mutations one thing gets: mostly none or one, so that most of it stays well.</summary>
    public static Gen<int> Few => Gen.Frequency((50, Gen.Const(0)), (30, Gen.Const(1)), (14, Gen.Const(2)), (6, Gen.Int[3, 6]));
}
