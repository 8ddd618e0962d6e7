using System.Collections.Frozen;

namespace DataGlue.Edge.Reports;

/// <summary>What a site that sends visitors is.</summary>
internal enum SiteKind
{
    Search,
    Social,
    Mail,
    Assistant,
    Video,
    Shopping,
}

/// <summary>Sites that everybody knows, by host or by the name that campaigns call them.</summary>
internal static class KnownSites
{
    // Hosts, with all that is below them.
    private static readonly FrozenDictionary<string, SiteKind> Hosts = Table(
        (SiteKind.Search, """
            bing.com duckduckgo.com ecosia.org qwant.com startpage.com search.brave.com kagi.com mojeek.com metager.org metager.de swisscows.com baidu.com sogou.com so.com sm.cn
            haosou.com youdao.com naver.com daum.net search.yahoo.com search.yahoo.co.jp yahoo.co.jp ask.com aol.com search.aol.com dogpile.com lycos.com excite.com webcrawler.com
            search.com gibiru.com presearch.com presearch.org yep.com you.com searx.be search.marginalia.nu seznam.cz search.seznam.cz onet.pl szukaj.onet.pl rambler.ru go.mail.ru
            nigma.ru search.goo.ne.jp goo.ne.jp biglobe.ne.jp coccoc.com petalsearch.com lukol.com ixquick.com entireweb.com infospace.com alltheweb.com altavista.com virgilio.it
            search.t-online.de suche.t-online.de fireball.de suche.web.de suche.gmx.net search.ch sapo.pt zapmeta.com karmasearch.org oceanhero.today lilo.org gexsi.com
            android-search.google.com com.google.android.googlequicksearchbox
            """),
        (SiteKind.Social, """
            facebook.com fb.com fb.me m.me messenger.com instagram.com ig.me threads.net threads.com twitter.com x.com t.co linkedin.com lnkd.in reddit.com redd.it pinterest.com
            pin.it pinterest.de pinterest.co.uk pinterest.fr tumblr.com snapchat.com whatsapp.com wa.me api.whatsapp.com telegram.org t.me web.telegram.org discord.com discordapp.com
            vk.com ok.ru weibo.com weibo.cn qq.com qzone.qq.com wechat.com weixin.qq.com douban.com xing.com mastodon.social mastodon.online mstdn.social fosstodon.org bsky.app
            quora.com medium.com substack.com news.ycombinator.com lobste.rs producthunt.com slashdot.org digg.com flipboard.com mix.com nextdoor.com meetup.com goodreads.com
            livejournal.com myspace.com flickr.com deviantart.com behance.net dribbble.com dev.to hashnode.com truthsocial.com
            gab.com mewe.com minds.com line.me kakao.com story.kakao.com viadeo.com renren.com taringa.net hatena.ne.jp ameblo.jp note.com
            slack.com teams.microsoft.com com.facebook.katana com.instagram.android com.linkedin.android com.reddit.frontpage com.pinterest org.telegram.messenger com.twitter.android
            """),
        (SiteKind.Mail, """
            mail.google.com mail.yahoo.com outlook.live.com outlook.office.com outlook.office365.com mail.aol.com mail.proton.me mail.protonmail.com mail.ru e.mail.ru mail.yandex.ru
            webmail.gmx.net navigator.gmx.net navigator.web.de email.t-online.de mail.zoho.com app.fastmail.com mail.qq.com mail.163.com mail.126.com mail.naver.com icloud.com
            app.hey.com tutanota.com mail.tutanota.com com.google.android.gm com.microsoft.office.outlook
            """),
        (SiteKind.Assistant, """
            chatgpt.com chat.openai.com openai.com claude.ai perplexity.ai gemini.google.com bard.google.com copilot.microsoft.com copilot.cloud.microsoft chat.mistral.ai mistral.ai
            chat.deepseek.com deepseek.com grok.com x.ai meta.ai poe.com phind.com pi.ai duck.ai chat.qwen.ai kimi.com kimi.moonshot.cn doubao.com yiyan.baidu.com
            character.ai notebooklm.google.com felo.ai andisearch.com iask.ai lechat.mistral.ai com.openai.chatgpt
            """),
        (SiteKind.Video, """
            youtube.com youtu.be m.youtube.com vimeo.com dailymotion.com dai.ly twitch.tv tiktok.com bilibili.com b23.tv rutube.ru odysee.com rumble.com peertube.tv nicovideo.jp
            youku.com iqiyi.com v.qq.com wistia.com loom.com ted.com netflix.com hulu.com disneyplus.com crunchyroll.com kick.com bitchute.com veoh.com streamable.com
            com.google.android.youtube com.zhiliaoapp.musically
            """),
        (SiteKind.Shopping, """
            shopping.google.com aliexpress.com alibaba.com 1688.com taobao.com tmall.com jd.com etsy.com walmart.com target.com bestbuy.com rakuten.com rakuten.co.jp shopping.yahoo.co.jp
            mercadolibre.com mercadolivre.com.br otto.de zalando.de zalando.com idealo.de idealo.co.uk geizhals.de geizhals.at geizhals.eu billiger.de guenstiger.de preis.de
            pricerunner.com kelkoo.com kelkoo.fr shopzilla.com pricegrabber.com bizrate.com allegro.pl ceneo.pl heureka.cz bol.com coolblue.nl tweakers.net cdiscount.com fnac.com
            flipkart.com coupang.com shopee.com shopee.sg lazada.com wish.com temu.com shein.com wayfair.com ikea.com shop.app kaufland.de galaxus.ch galaxus.de digitec.ch
            """));

    // Brands that have a domain in most countries.
    private static readonly FrozenDictionary<string, SiteKind> Brands = Table(
        (SiteKind.Search, "google yahoo yandex ya"), (SiteKind.Social, "pinterest"), (SiteKind.Shopping, "amazon ebay zalando idealo"));

    // What campaigns write into utm_source.
    private static readonly FrozenDictionary<string, SiteKind> Names = Table(
        (SiteKind.Search, "google bing yahoo duckduckgo ddg ecosia baidu yandex naver brave qwant startpage kagi adwords googleads google-ads google_ads bingads bing-ads microsoft-ads"),
        (SiteKind.Social, """
            facebook fb instagram ig threads twitter x linkedin li reddit pinterest tumblr snapchat whatsapp telegram discord vk weibo wechat mastodon bluesky bsky quora xing meta
            facebookads facebook-ads meta-ads hackernews hn producthunt slack social
            """),
        (SiteKind.Mail, "email e-mail e_mail mail newsletter mailchimp klaviyo brevo sendinblue hubspot_email activecampaign convertkit mailjet sendgrid cleverreach rapidmail gmail outlook"),
        (SiteKind.Assistant, "chatgpt openai claude anthropic perplexity gemini copilot mistral deepseek grok poe"),
        (SiteKind.Video, "youtube yt vimeo dailymotion twitch tiktok tik_tok tiktokads"),
        (SiteKind.Shopping, "amazon ebay etsy aliexpress idealo geizhals billiger google_shopping google-shopping shopping"));

    /// <summary>How many hosts are known.</summary>
    public static int Count => Hosts.Count;

    /// <summary>What a host is, or a domain above it; null for one that nobody knows.</summary>
    public static SiteKind? OfHost(string host)
    {
        for (var domain = host; domain.Length > 0;)
        {
            if (Hosts.TryGetValue(domain, out var kind) || TryBrand(domain, out kind))
            {
                return kind;
            }

            var dot = domain.IndexOf('.', StringComparison.Ordinal);
            domain = dot < 0 ? "" : domain[(dot + 1)..];
        }

        return null;
    }

    /// <summary>What the source of a campaign is, by its name or host; null for one that nobody knows.</summary>
    public static SiteKind? OfSource(string source)
    {
        var name = source.ToLowerInvariant();
        return Names.TryGetValue(name, out var kind) ? kind : name.Contains('.', StringComparison.Ordinal) ? OfHost(name.StartsWith("www.", StringComparison.Ordinal) ? name[4..] : name) : null;
    }

    // google.de, google.co.uk, google.com.br
    private static bool TryBrand(string domain, out SiteKind kind)
    {
        var labels = domain.Split('.');
        kind = default;
        return labels.Length is 2 or 3 && labels.Skip(1).All(label => label.Length is 2 or 3) && Brands.TryGetValue(labels[0], out kind);
    }

    private static FrozenDictionary<string, SiteKind> Table(params (SiteKind Kind, string Names)[] groups) => groups
        .SelectMany(group => group.Names.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(name => KeyValuePair.Create(name, group.Kind)))
        .DistinctBy(site => site.Key).ToFrozenDictionary();
}
