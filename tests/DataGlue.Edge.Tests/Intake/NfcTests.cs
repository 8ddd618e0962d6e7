using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Intake;

/// <summary>Normalization form C beside that of node, which has ICU.</summary>
public sealed class NfcTests
{
    // Every character by itself, unless it stays; and texts of letters, marks and syllables that meet in every way. What node does not know is left out.
    private const string Script = """
        const known = code => /\p{Assigned}/u.test(String.fromCodePoint(code)), codes = text => Array.from(text, letter => letter.codePointAt(0));
        const all = Array.from({length: 0x110000}, (_, code) => code).filter(code => (code < 0xd800 || code > 0xdfff) && known(code));
        const changed = all.filter(code => String.fromCodePoint(code).normalize("NFC") !== String.fromCodePoint(code));
        const marks = all.filter(code => /\p{M}/u.test(String.fromCodePoint(code)));
        const made = all.filter(code => String.fromCodePoint(code).normalize("NFD") !== String.fromCodePoint(code) && (code < 0xac00 || code > 0xd7a3));
        const letters = made.flatMap(code => codes(String.fromCodePoint(code).normalize("NFD"))).concat([0x41, 0x65]);
        const hangul = [0x1100, 0x1112, 0x1113, 0x1160, 0x1161, 0x1175, 0x1176, 0x11a7, 0x11a8, 0x11c2, 0x11c3, 0xac00, 0xac01, 0xd788, 0xd7a3];
        let seed = 7;
        const next = most => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
        const pools = [marks, made, letters, letters, hangul];
        const texts = Array.from({length: 40000}, () =>
          Array.from({length: 1 + next(7)}, () => { const pool = pools[next(5)]; return String.fromCodePoint(pool[next(pool.length)]); }).join(""));
        process.stdout.write(JSON.stringify({
          characters: all.length, changed: changed.map(code => [code, String.fromCodePoint(code).normalize("NFC")]),
          known: all.filter(code => code > 0x7f && !changed.includes(code)).reduce((ranges, code) => {
            const last = ranges.at(-1); last && last[1] === code - 1 ? last[1] = code : ranges.push([code, code]); return ranges; }, []),
          texts: texts.map(text => [text, text.normalize("NFC")])}));
        """;

    [Fact]
    public async Task It_is_that_of_node()
    {
        Assert.SkipUnless(Tools.Has("node"), "needs node (apt install nodejs)");
        var answer = JsonNode.Parse(await RunAsync())!;

        foreach (var pair in answer["changed"]!.AsArray())
        {
            Assert.Equal((string)pair![1]!, Nfc.Of(new Rune((int)pair[0]!).ToString()));
        }

        foreach (var range in answer["known"]!.AsArray())
        {
            for (var code = (int)range![0]!; code <= (int)range[1]!; code++)
            {
                var text = new Rune(code).ToString();
                Assert.Equal(text, Nfc.Of(text));
            }
        }

        foreach (var pair in answer["texts"]!.AsArray())
        {
            Assert.Equal((string)pair![1]!, Nfc.Of((string)pair[0]!));
        }

        Assert.True(answer["changed"]!.AsArray().Count > 1_000 && (int)answer["characters"]! > 150_000);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("\u212B", "Å")]
    [InlineData("A\u030A\u0301", "\u01FA")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글")]
    public void A_text_has_one_spelling(string text, string normal) => Assert.Equal(normal, Nfc.Of(text));

    private static async Task<string> RunAsync()
    {
        var info = new ProcessStartInfo("node", ["--max-old-space-size=512", "-e", Script]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        using var node = Process.Start(info)!;
        var text = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return text;
    }
}
